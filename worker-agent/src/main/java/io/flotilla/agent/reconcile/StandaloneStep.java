package io.flotilla.agent.reconcile;

import io.flotilla.agent.runtime.Exit;

/** The one next thing to do for a container of no service. Each can be done again when a crash came before it was journaled. */
sealed interface StandaloneStep {
    /** Take its image from a node that has it. */
    record FetchImage(String imageId) implements StandaloneStep {}

    /** It can't be made here. */
    record Refuse(String reason) implements StandaloneStep {}

    /** Prepare its root and decide all about it. */
    record Create() implements StandaloneStep {}

    /** Connect it to the network and start its process, because it was ordered. */
    record Start() implements StandaloneStep {}

    /** The same by its restart policy. */
    record Restart() implements StandaloneStep {}

    /** It runs already. */
    record FollowStart() implements StandaloneStep {}

    /** Take over a process an earlier agent started, or learn how it ended. */
    record Adopt() implements StandaloneStep {}

    /** Name, limits or restart policy as the assignment has them now. */
    record Change() implements StandaloneStep {}

    /** The grace of a stop is over, or it is removed by force. */
    record Kill() implements StandaloneStep {}

    /** The process has ended. */
    record RecordExit(Exit exit) implements StandaloneStep {}

    /** Take its kernel objects away; files and logs stay. */
    record Release() implements StandaloneStep {}

    /** Take away the container with its files and logs. */
    record Remove() implements StandaloneStep {}

    /** Nothing is left to do for it, ever. */
    record Forget() implements StandaloneStep {}

    /** As wanted, or waiting: something will say when to look again. */
    record Rest() implements StandaloneStep {}
}
