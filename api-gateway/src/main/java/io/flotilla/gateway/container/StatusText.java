package io.flotilla.gateway.container;

import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Health;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The status of a container in lists, such as {@code Up 3 minutes (healthy)}, as moby's container/state.go has it. What does
 * not change with the time is read from the state once: lists are asked for all the time.
 *
 * @param since the moment the time in the middle is counted from; null: there is none
 */
record StatusText(String before, @Nullable Instant since, String after) {
    /** Of a time that can't be read, which is a node's odd clock text and no reason to hide the container. */
    private static final Instant NOT_YET = Instant.MAX;

    static StatusText of(@Nullable ContainerState state) {
        if (state == null) {
            return fixed("Created");
        }
        if (Boolean.TRUE.equals(state.running())) {
            return ofRunning(state);
        }
        if ("removing".equals(state.status())) {
            return fixed("Removal In Progress");
        }
        if (Boolean.TRUE.equals(state.dead())) {
            return fixed("Dead");
        }
        if (unset(state.startedAt())) {
            return fixed("Created");
        }
        return unset(state.finishedAt())
                ? fixed("")
                : new StatusText(
                        "Exited (" + Objects.requireNonNullElse(state.exitCode(), 0L) + ") ",
                        instant(state.finishedAt()),
                        " ago");
    }

    private static StatusText ofRunning(ContainerState state) {
        if (Boolean.TRUE.equals(state.paused())) {
            return new StatusText("Up ", instant(state.startedAt()), " (Paused)");
        }
        if (Boolean.TRUE.equals(state.restarting())) {
            return new StatusText("Restarting (" + state.exitCode() + ") ", instant(state.finishedAt()), " ago");
        }
        return new StatusText("Up ", instant(state.startedAt()), healthText(state.health()));
    }

    String at(Instant now) {
        return before + elapsed(now) + after;
    }

    /** The time in the middle, of plain ASCII; empty where there is none. */
    String elapsed(Instant now) {
        return since == null ? "" : HumanDuration.of(Duration.between(since, now));
    }

    /** Whether a time of a state is one: Go's zero time stands for none. */
    static boolean unset(@Nullable String time) {
        return time == null || time.isEmpty() || time.startsWith("0001-01-01");
    }

    private static StatusText fixed(String text) {
        return new StatusText(text, null, "");
    }

    private static String healthText(@Nullable Health health) {
        String status = health == null ? null : health.status();
        if (status == null || status.isEmpty() || status.equals("none")) {
            return "";
        }
        return status.equals("starting") ? " (health: starting)" : " (" + status + ")";
    }

    private static Instant instant(@Nullable String time) {
        if (time == null || unset(time)) {
            return NOT_YET;
        }
        try {
            return Instant.parse(time);
        } catch (DateTimeException e) {
            return NOT_YET;
        }
    }
}
