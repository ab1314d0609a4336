package io.flotilla.manager.simulation;

import io.flotilla.bus.topic.Bus;
import io.flotilla.manager.ControlLoops;
import io.flotilla.manager.raft.StateMachine;
import io.flotilla.manager.state.ControlLoop;
import java.util.List;

/** A deliberate mistake in one part of the system; none is {@link #NONE}. Each part asks for itself as it is to be. */
interface Mutation {
    Mutation NONE = new Mutation() {};

    /** The control loops of a leader. */
    default List<ControlLoop> loops(World world) {
        return ControlLoops.standard();
    }

    /** What the log drives. */
    default StateMachine machine(StateMachine machine, World world) {
        return machine;
    }

    /** How a leader publishes. */
    default Bus publishing(Bus bus, World world) {
        return bus;
    }

    /** How an agent sends its reports. */
    default Bus reports(Bus bus, World world) {
        return bus;
    }

    /** Whether an agent that is killed forgets what it journaled last. */
    default boolean losesJournal() {
        return false;
    }
}
