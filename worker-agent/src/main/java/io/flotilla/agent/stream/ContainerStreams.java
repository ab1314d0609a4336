package io.flotilla.agent.stream;

import io.flotilla.agent.log.ContainerLog;
import io.flotilla.agent.log.LogEntry;
import io.flotilla.agent.log.LogReader;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams of the node's containers: whoever starts one takes its sink here, clients attach here, before the start too.
 * Safe for concurrent use.
 */
public final class ContainerStreams {
    private static final byte[] NOTHING = {};

    private final ContainerRuntime runtime;
    private final Map<String, ContainerStream> streams = new ConcurrentHashMap<>();

    public ContainerStreams(ContainerRuntime runtime) {
        this.runtime = runtime;
    }

    /** How to open the log of a container that does not run. */
    public interface EndedLog {
        LogReader open() throws IOException, LogRefused;
    }

    private ContainerStream of(String containerId) {
        return streams.computeIfAbsent(containerId, id -> new ContainerStream(() -> runtime.resumeOutput(id)));
    }

    /** Before a container is started or taken over: where its output is to go, to its log and to whoever attaches. */
    public OutputSink begin(String containerId, boolean terminal, ContainerLog log) {
        return of(containerId).begin(log, terminal);
    }

    /** It runs: what its clients have typed already reaches it now. */
    public void started(String containerId) {
        of(containerId).started().forEach(session -> openInput(containerId, session));
    }

    /** It did not start after all. Its clients are told the end. */
    public void notStarted(String containerId) {
        of(containerId).ended();
    }

    /** The container is gone, and with it who waited for its next run. */
    public void remove(String containerId) {
        ContainerStream gone = streams.remove(containerId);
        if (gone != null) {
            gone.ended();
        }
    }

    /** Joins the container's present run, or its next one when it does not run. */
    public void attach(String containerId, ClientSession session) {
        ContainerStream stream = of(containerId);
        session.output().onRoom(stream::resumeIfRoom);
        session.output().offer(Stream.STDOUT, NOTHING);
        if (stream.join(session)) {
            openInput(containerId, session);
        }
        // it may have left before it was among those who can
        session.onLeave(() -> stream.leave(session));
    }

    /**
     * Sends what the log has first, and joins without a byte lost or repeated between the two. Waits for the client.
     *
     * @param follow false: the session ends with the log
     */
    public void attachWithLog(String containerId, ClientSession session, EndedLog log, boolean follow)
            throws IOException, LogRefused, InterruptedException {
        ContainerStream stream = of(containerId);
        session.output().onRoom(stream::resumeIfRoom);
        ContainerStream.Past past = stream.join(session, log, follow);
        session.onLeave(() -> stream.leave(session));
        try (LogReader lines = past.lines()) {
            session.output().sendHeld(Stream.STDOUT, NOTHING);
            for (LogEntry line = lines.next(); line != null; line = lines.next()) {
                session.output().sendHeld(line.stream(), line.line());
            }
            for (Stream each : Stream.values()) {
                byte[] begun = past.begun().getOrDefault(each, NOTHING);
                if (begun.length > 0) {
                    session.output().sendHeld(each, begun);
                }
            }
        }
        session.output().release();
        if (!follow) {
            session.processEnded(null);
        } else if (past.started()) {
            openInput(containerId, session);
        }
    }

    private void openInput(String containerId, ClientSession session) {
        try {
            session.input().open(runtime.stdin(containerId));
        } catch (RuntimeFailure noInput) {
            // without open stdin, or its one stream was closed, or it has just ended: as in Docker what is typed is
            // dropped
            session.input().discard();
        }
    }
}
