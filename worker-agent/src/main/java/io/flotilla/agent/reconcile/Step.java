package io.flotilla.agent.reconcile;

import io.flotilla.agent.runtime.Exit;
import org.jspecify.annotations.Nullable;

/** The one next thing to do for a task. Each can be done again when a crash came before it was journaled. */
sealed interface Step {
    /** Take the task on. */
    record Accept() implements Step {}

    /** Say that its image is being looked for. */
    record Prepare() implements Step {}

    /** Take the image from a node that has it, or else from its registry. */
    record FetchImage() implements Step {}

    /** It can't be run here. */
    record Reject(String reason) implements Step {}

    /** Decide the container's ID. */
    record NameContainer() implements Step {}

    /** Prepare its root and decide all about it. */
    record Create(String containerId) implements Step {}

    /** Connect it to the network and start its process. */
    record Start() implements Step {}

    /** Take over a process an earlier agent started, or learn how it ended. */
    record Adopt() implements Step {}

    /** It is healthy, or needs no check: say that it runs. */
    record Run() implements Step {}

    /** Tell what is lacking, such as a port that can't be published while it runs, or that nothing is any more. */
    record ShowShortfall(@Nullable String shortfall) implements Step {}

    /** Take it out of what is published, then send the stop signal. */
    record Stop() implements Step {}

    /** The grace is over. */
    record Kill() implements Step {}

    /** The process has ended. */
    record RecordExit(Exit exit) implements Step {}

    /** Take its kernel objects away; files and logs stay. */
    record Release() implements Step {}

    /** A task that has not started is not wanted any more. */
    record Withhold() implements Step {}

    /** Take away the container with its files and logs. */
    record Remove(String containerId) implements Step {}

    /** Nothing is left to do for the task, ever. */
    record Forget() implements Step {}

    /** As wanted, or waiting: something will say when to look again. */
    record Rest() implements Step {}
}
