package io.flotilla.agent.exec;

import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import io.flotilla.bus.schema.ExecConfig;
import io.flotilla.bus.schema.ExecInspect;
import io.flotilla.bus.schema.ExecInspectBuilder;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One exec from its creation on. It is started once at most. Its monitor guards its state; nothing waits there. */
final class ExecSession {
    private final String id;
    private final String containerId;
    private final ExecConfig config;
    private State state = State.CREATED;
    private @Nullable ConsoleSize size;
    private @Nullable ExecProcess process;
    private int pid;
    private @Nullable Long exitCode;
    private @Nullable Instant endedAt;

    private enum State {
        CREATED,
        STARTING,
        RUNNING,
        ENDED
    }

    ExecSession(String id, String containerId, ExecConfig config) {
        this.id = id;
        this.containerId = containerId;
        this.config = config;
        if (config.consoleSize().size() == 2) {
            this.size = new ConsoleSize(
                    config.consoleSize().getFirst(), config.consoleSize().getLast());
        }
    }

    String id() {
        return id;
    }

    String containerId() {
        return containerId;
    }

    ExecConfig config() {
        return config;
    }

    /** Claims the one start. */
    synchronized void begin(@Nullable ConsoleSize wanted) throws ActionRefused {
        switch (state) {
            case CREATED -> {}
            case STARTING, RUNNING ->
                throw new ActionRefused(Reason.CONFLICT, "Error: Exec command " + id + " is already running");
            case ENDED -> throw new ActionRefused(Reason.CONFLICT, "Error: Exec command " + id + " has already run");
        }
        state = State.STARTING;
        if (wanted != null) {
            size = wanted;
        }
    }

    synchronized @Nullable ConsoleSize size() {
        return size;
    }

    /** @return the size that was asked for while it was being started; null when none was */
    synchronized @Nullable ConsoleSize running(ExecProcess started, @Nullable ConsoleSize given) {
        process = started;
        pid = started.pid();
        if (state == State.STARTING) {
            state = State.RUNNING;
        }
        return Objects.equals(size, given) ? null : size;
    }

    synchronized void ended(Exit exit) {
        ended(exit.exitCode(), exit.finishedAt());
    }

    synchronized void notStarted(int code, Instant now) {
        ended(code, now);
    }

    private void ended(int code, Instant now) {
        state = State.ENDED;
        exitCode = (long) code;
        endedAt = now;
        process = null;
    }

    /** Sizes the terminal now, or as soon as there is one. */
    void resize(ConsoleSize wanted) throws ActionRefused, RuntimeFailure {
        ExecProcess running;
        synchronized (this) {
            if (state == State.ENDED) {
                throw new ActionRefused(Reason.CONFLICT, "exec " + id + " is not running");
            }
            size = wanted;
            running = process;
        }
        if (running != null) {
            running.resize(wanted.rows(), wanted.columns());
        }
    }

    /** Its start was asked for and it has not ended: what Docker calls running. */
    synchronized boolean underWay() {
        return state == State.STARTING || state == State.RUNNING;
    }

    synchronized boolean live() {
        return state != State.ENDED;
    }

    synchronized boolean endedBefore(Instant time) {
        return endedAt != null && endedAt.isBefore(time);
    }

    synchronized ExecInspect inspect() {
        return ExecInspectBuilder.builder()
                .id(id)
                .running(underWay())
                .exitCode(exitCode)
                .processConfig(new ExecInspect.ProcessConfig(
                        config.tty(),
                        config.cmd().getFirst(),
                        config.cmd().subList(1, config.cmd().size()),
                        config.privileged(),
                        config.user()))
                .openStdin(config.attachStdin())
                .openStderr(config.attachStderr())
                .openStdout(config.attachStdout())
                .canRemove(false)
                .containerId(containerId)
                .detachKeys(Objects.requireNonNullElse(config.detachKeys(), ""))
                .pid(pid)
                .build();
    }
}
