package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.report.Report;
import org.jspecify.annotations.Nullable;

/** What reaches the leader from outside, in the order it is to be evaluated. */
public sealed interface ControlEvent {

    /** @param ticket the caller's, handed back with the answer */
    record Asked(long ticket, Command command) implements ControlEvent {}

    /**
     * A record of flotilla.reports.
     *
     * @param report null when it could not be read: it is passed over
     */
    record Reported(int partition, long offset, @Nullable Report report) implements ControlEvent {}
}
