package io.flotilla.agent.exec;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.ExecPlan;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import io.flotilla.agent.stream.ClientSession;
import io.flotilla.agent.stream.ContainerEventLog;
import io.flotilla.bus.schema.ExecConfig;
import io.flotilla.bus.schema.ExecInspect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The node's execs. One that has ended is remembered for a while, so that its exit code can be asked for; all are forgotten
 * with the agent, as their streams are. Safe for concurrent use; calls that start something belong on platform threads.
 */
public final class ExecSessions {
    /** As dockerd's. */
    private static final Duration REMEMBERED = Duration.ofMinutes(5);

    private static final int MOST_REMEMBERED = 4096;
    private static final int ID_BYTES = 32;
    private static final byte[] NOTHING = {};

    private final ContainerFinder containers;
    private final ContainerRuntime runtime;
    private final ContainerEventLog events;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    /** In the order they were created; its monitor guards it. */
    private final Map<String, ExecSession> sessions = new LinkedHashMap<>();

    /** Finds a container by what a user calls it. */
    public interface ContainerFinder {
        ContainerRecord find(String reference) throws ActionRefused;
    }

    public ExecSessions(
            ContainerFinder containers, ContainerRuntime runtime, ContainerEventLog events, InstantSource clock) {
        this.containers = containers;
        this.runtime = runtime;
        this.events = events;
        this.clock = clock;
    }

    /** @return the exec's ID */
    public String create(String containerReference, ExecConfig config) throws ActionRefused {
        ContainerRecord container = containers.find(containerReference);
        requireRunning(container);
        if (config.cmd().isEmpty()) {
            throw new ActionRefused(Reason.INVALID, "No exec command specified");
        }
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        ExecSession session = new ExecSession(HexFormat.of().formatHex(id), container.id(), config);
        remember(session);
        event(session, "exec_create: " + String.join(" ", config.cmd()), Map.of());
        return session.id();
    }

    private static void requireRunning(ContainerRecord container) throws ActionRefused {
        if (!container.running()) {
            throw new ActionRefused(Reason.CONFLICT, "container " + container.id() + " is not running");
        }
    }

    private void remember(ExecSession session) throws ActionRefused {
        synchronized (sessions) {
            var before = clock.instant().minus(REMEMBERED);
            for (Iterator<ExecSession> oldest = sessions.values().iterator(); oldest.hasNext(); ) {
                if (!oldest.next().endedBefore(before)) {
                    break;
                }
                oldest.remove();
            }
            if (sessions.size() >= MOST_REMEMBERED) {
                Optional<ExecSession> least = sessions.values().stream()
                        .filter(known -> !known.live())
                        .findFirst()
                        .or(() -> sessions.values().stream()
                                .filter(known -> !known.underWay())
                                .findFirst());
                sessions.remove(least.orElseThrow(() -> new ActionRefused(
                                Reason.CONFLICT, "the node runs " + MOST_REMEMBERED + " execs already"))
                        .id());
            }
            sessions.put(session.id(), session);
        }
    }

    private ExecSession find(String execId) throws ActionRefused {
        ExecSession session;
        synchronized (sessions) {
            session = sessions.get(execId);
        }
        if (session == null) {
            throw new ActionRefused(Reason.NOT_FOUND, "No such exec instance: " + execId);
        }
        return session;
    }

    /** The container of an exec that can be started or changed now. */
    private ContainerRecord container(ExecSession session) throws ActionRefused {
        ContainerRecord container = containers.find(session.containerId());
        requireRunning(container);
        return container;
    }

    /** Those of a container that have not ended, in the order they were created: its ExecIDs. */
    public List<String> ids(String containerId) {
        synchronized (sessions) {
            return sessions.values().stream()
                    .filter(session -> session.containerId().equals(containerId) && session.live())
                    .map(ExecSession::id)
                    .toList();
        }
    }

    /** @throws ActionRefused also when its container is gone */
    public ExecInspect inspect(String execId) throws ActionRefused {
        ExecSession session = find(execId);
        try {
            containers.find(session.containerId());
        } catch (ActionRefused gone) {
            throw new ActionRefused(Reason.NOT_FOUND, "No such exec instance: " + execId);
        }
        return session.inspect();
    }

    public void resize(String execId, ConsoleSize size) throws ActionRefused, RuntimeFailure {
        ExecSession session = find(execId);
        ContainerRecord container = container(session);
        if (!session.config().tty()) {
            throw new ActionRefused(
                    Reason.INVALID, "exec " + execId + " in container " + container.id() + " has no terminal");
        }
        session.resize(size);
    }

    /** @throws ActionRefused when it can't be started, or its command not executed; a 400 with Docker's words then */
    public void startDetached(String execId, @Nullable ConsoleSize size) throws ActionRefused, IOException {
        ExecSession session = find(execId);
        ContainerRecord container = container(session);
        session.begin(size);
        try {
            start(session, container, null);
        } catch (RuntimeFailure | PlanRefused failed) {
            throw new ActionRefused(Reason.INVALID, String.valueOf(failed.getMessage()));
        }
    }

    /** What a client's session with the exec is to be like; before {@link #startAttached}. */
    public ExecConfig config(String execId) throws ActionRefused {
        return find(execId).config();
    }

    /**
     * Starts it with the client's session joined. Where the command can't be executed the client reads why, as dockerd's
     * clients do: their connection is theirs already, and has no status.
     */
    public void startAttached(String execId, @Nullable ConsoleSize size, ClientSession client)
            throws ActionRefused, IOException {
        ExecSession session = find(execId);
        ContainerRecord container = container(session);
        session.begin(size);
        client.onDetach(() -> event(session, "exec_detach", Map.of()));
        client.output().offer(Stream.STDOUT, NOTHING);
        try {
            start(session, container, client);
        } catch (RuntimeFailure | PlanRefused failed) {
            String told = failed.getMessage() + "\r\n";
            client.output().offer(Stream.STDOUT, told.getBytes(StandardCharsets.UTF_8));
            client.processEnded(null);
        }
    }

    private void start(ExecSession session, ContainerRecord container, @Nullable ClientSession client)
            throws PlanRefused, IOException {
        ExecConfig config = session.config();
        event(session, "exec_start: " + String.join(" ", config.cmd()), Map.of());
        ExecOutput output = new ExecOutput(client);
        ConsoleSize size = session.size();
        ExecProcess process;
        try {
            // nobody would ever type into a detached one
            RuntimeSpec.Process command =
                    ExecPlan.of(container, config, size).withOpenStdin(client != null && config.attachStdin());
            process = runtime.exec(container.id(), new ExecSpec(session.id(), command, config.privileged()), output);
        } catch (RuntimeFailure e) {
            session.notStarted(e.exitCode(), clock.instant());
            throw e;
        } catch (PlanRefused | IOException e) {
            final int notInvoked = 126;
            session.notStarted(notInvoked, clock.instant());
            throw e;
        }
        ConsoleSize sizedMeanwhile = session.running(process, size);
        output.of(process);
        var _ = process.exit().whenComplete((exit, failure) -> ended(session, client, exit, failure));
        if (client != null && config.attachStdin()) {
            client.input().open(process.stdin());
        }
        if (sizedMeanwhile != null) {
            process.resize(sizedMeanwhile.rows(), sizedMeanwhile.columns());
        }
    }

    /** On the runtime's thread. The client hears of the end when the exit code can be asked for. */
    private void ended(
            ExecSession session, @Nullable ClientSession client, @Nullable Exit told, @Nullable Throwable failure) {
        Exit exit = told == null ? Exit.unknown(clock.instant()) : told;
        session.ended(exit);
        event(session, "exec_die", Map.of("exitCode", Integer.toString(exit.exitCode())));
        if (client != null) {
            client.processEnded(told == null ? failure : null);
        }
    }

    private void event(ExecSession session, String action, Map<String, String> more) {
        Map<String, String> attributes = new LinkedHashMap<>(more);
        attributes.put("execID", session.id());
        events.add(session.containerId(), action, attributes);
    }
}
