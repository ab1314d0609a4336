package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Refusals as swarmkit's control API words them through dockerd, and the first of several checks that fails. */
final class Refusals {
    private @Nullable Refusal first;

    static Refusal invalidArgument(String description) {
        return Refusal.invalid("rpc error: code = InvalidArgument desc = " + description);
    }

    static Refusal failedPrecondition(String description) {
        return Refusal.invalid("rpc error: code = FailedPrecondition desc = " + description);
    }

    static Refusal unimplemented(String description) {
        return new Refusal(Refusal.Kind.NOT_IMPLEMENTED, "rpc error: code = Unimplemented desc = " + description);
    }

    /** A part of the API that a later version has. */
    static Refusal notYet(String what) {
        return new Refusal(Refusal.Kind.NOT_IMPLEMENTED, what + " is not supported by this version of Flotilla");
    }

    static Refusal noSwarm() {
        return Refusal.unavailable(
                "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\""
                        + " to connect this node to swarm and try again.");
    }

    static Reply refused(Refusal refusal) {
        return new Reply.Refused(refusal);
    }

    /** Notes the refusal if this is the first check that fails. */
    Refusals when(boolean wrong, Supplier<Refusal> refusal) {
        if (first == null && wrong) {
            first = refusal.get();
        }
        return this;
    }

    /** Goes on with further checks unless one has failed. */
    Refusals and(Supplier<@Nullable Refusal> further) {
        if (first == null) {
            first = further.get();
        }
        return this;
    }

    @Nullable
    Refusal first() {
        return first;
    }
}
