package io.flotilla.manager.simulation;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.manager.control.Canary;
import io.flotilla.manager.control.Controller;
import io.flotilla.manager.control.Replica;
import io.flotilla.manager.control.core.ControlCore;
import io.flotilla.manager.dispatch.AppliedLog;
import io.flotilla.manager.dispatch.Dispatcher;
import io.flotilla.manager.node.NodeLiveness;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.Member;
import io.flotilla.manager.seal.DataKeys;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Ids;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A manager's process: real parts over the simulated log and bus, on a clock of its own that may be wrong. */
final class SimulatedManager {
    /** What every manager has to seal values with. */
    static final DataKeys KEYS = DataKeys.of(new byte[32]);

    private static final Duration SOON = Duration.ofMillis(2);

    final String id;
    private final World world;
    private final Mutation mutation;
    private final SimulatedBus bus;
    private @Nullable Process process;
    private Duration skew = Duration.ZERO;
    private boolean awake;
    private long sleeps;

    /** What a kill takes away. */
    private record Process(Replica replica, Controller controller, Dispatcher dispatcher, Canary canary) {}

    SimulatedManager(World world, String id, Mutation mutation) {
        this.world = world;
        this.id = id;
        this.mutation = mutation;
        this.bus = world.busOf(id);
    }

    SimulatedBus bus() {
        return bus;
    }

    boolean running() {
        return process != null;
    }

    boolean leads() {
        return process != null && process.controller().leads();
    }

    ClusterState state() {
        if (process == null) {
            throw new IllegalStateException(id + " does not run");
        }
        return process.replica().state();
    }

    /** What publishing has come to; 0 where it does not lead. */
    long publishedIndex() {
        return process == null ? 0 : process.dispatcher().publishedIndex();
    }

    CompletableFuture<Reply> execute(Command command) {
        if (process == null) {
            throw new IllegalStateException(id + " does not run");
        }
        CompletableFuture<Reply> reply = process.controller().execute(command);
        wake();
        return reply;
    }

    void start() {
        world.tell(id, "starts");
        AppliedLog applied = new AppliedLog();
        Leaderships leaderships = new Leaderships();
        Replica replica = new Replica(applied, leaderships::tell, this::bug);
        Dispatcher dispatcher =
                new Dispatcher(mutation.publishing(bus, world), applied, replica::state, KEYS, leaderships::commits);
        Controller controller = new Controller(
                world.group.start(
                        new Member(id, id + ":1"), mutation.machine(world.invariants.watching(id, replica), world)),
                replica::state,
                bus,
                () -> new ControlCore(id, mutation.loops(world), new Ids(world.random)),
                this::clock,
                dispatcher::lead,
                this::bug);
        leaderships.controller = controller;
        process = new Process(replica, controller, dispatcher, new Canary(bus, id));
        beat(process);
        wake();
    }

    private static final class Leaderships {
        private @Nullable Controller controller;

        long commits() {
            return controller == null ? 0 : controller.commits();
        }

        void tell(Leadership leadership) {
            if (controller != null) {
                controller.leaderChanged(leadership);
            }
        }
    }

    /** kill -9. */
    void crash() {
        end("is killed", () -> world.group.crash(id));
    }

    /** Its host does: what was written and not synced is gone. */
    void losePower() {
        end("loses power", () -> world.group.losePower(id));
    }

    private void end(String how, Runnable member) {
        if (process == null) {
            return;
        }
        world.tell(id, leads() ? how + ", leading" : how);
        // the network is whole for whoever starts anew
        heal();
        process = null;
        member.run();
        bus.close();
    }

    /** Cuts it off from the other managers, in one direction or both; not from the bus. */
    void cutOff(boolean sending, boolean receiving) {
        if (process == null) {
            return;
        }
        world.tell(
                id,
                sending
                        ? receiving ? "is cut off from the managers" : "is not heard by the managers"
                        : "hears no manager");
        for (SimulatedManager other : world.managers()) {
            if (sending && other != this) {
                world.group.cut(id, other.id);
            }
            if (receiving && other != this) {
                world.group.cut(other.id, id);
            }
        }
    }

    void heal() {
        if (process != null) {
            world.group.heal(id);
            world.wakeManagers();
        }
    }

    /** Its clock goes wrong by so much, all at once. */
    void jump(Duration by) {
        world.tell(id, "clock jumps by " + by);
        skew = skew.plus(by);
    }

    private Instant clock() {
        return world.now().plus(skew);
    }

    private void bug(Throwable bug) {
        world.invariants.fail(id + " halted: " + bug, bug);
    }

    private void beat(Process now) {
        world.after(NodeLiveness.BEAT, () -> {
            if (process == now) {
                if (now.controller().leads()) {
                    now.canary().beat();
                }
                beat(now);
            }
        });
    }

    /** Lets it do the next thing, soon; any number of calls until then are one. */
    void wake() {
        if (awake || process == null) {
            return;
        }
        awake = true;
        world.after(world.within(SOON), () -> {
            awake = false;
            Process now = process;
            if (now != null) {
                step(now);
            }
        });
    }

    private void step(Process now) {
        boolean progress = world.chance(0.5) && world.group.commitNext();
        progress |= world.group.applyNext(id);
        if (world.chance(0.7)) {
            progress |= now.controller().step();
        }
        boolean published = world.chance(0.7) && now.dispatcher().step();
        world.invariants.check();
        if (progress || published) {
            world.wakeManagers();
        } else {
            sleep(now);
        }
    }

    /** Until the controller has something to do by itself, or an unlucky draw above is made good. */
    private void sleep(Process now) {
        Duration due = now.controller().untilDue();
        Duration longest = Duration.ofMillis(50);
        Duration until = due == null || due.compareTo(longest) > 0 ? longest : due;
        long mine = ++sleeps;
        world.after(until.plus(world.within(SOON)), () -> {
            if (process == now && mine == sleeps) {
                wake();
            }
        });
    }
}
