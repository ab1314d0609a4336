package io.flotilla.agent.stream;

import io.flotilla.agent.log.ContainerLog;
import io.flotilla.agent.log.LogReader;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.runtime.OutputSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One container's streams over all of its runs: output goes to the run's log and to every client, in one order, under the
 * lock. A client that joins between runs waits for the next one. A run is over when its output is; its clients go with it.
 */
final class ContainerStream {
    private final Runnable resumeOutput;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<ClientSession> sessions = new ArrayList<>();
    private @Nullable Run run;
    private boolean started;
    /** The runtime was told that there is no room. */
    private boolean holding;

    /** @param resumeOutput the runtime's; any thread, no lock of this class held */
    ContainerStream(Runnable resumeOutput) {
        this.resumeOutput = resumeOutput;
    }

    /**
     * What was written before a client joined.
     *
     * @param begun lines whose end has not come, and which the log has not yet
     * @param started the container's input can be opened
     */
    record Past(LogReader lines, Map<OutputSink.Stream, byte[]> begun, boolean started) {}

    OutputSink begin(ContainerLog log, boolean terminal) {
        lock.lock();
        try {
            run = new Run(log, terminal);
            started = false;
            holding = false;
            return run;
        } finally {
            lock.unlock();
        }
    }

    /** The process runs. @return whose input can be opened now */
    List<ClientSession> started() {
        lock.lock();
        try {
            started = run != null;
            return started ? List.copyOf(sessions) : List.of();
        } finally {
            lock.unlock();
        }
    }

    /** @return whether its input can be opened now */
    boolean join(ClientSession session) {
        lock.lock();
        try {
            sessions.add(session);
            return started;
        } finally {
            lock.unlock();
        }
    }

    /** Opens what was written so far, and at the same moment joins the session if it is to have what comes next. */
    Past join(ClientSession session, ContainerStreams.EndedLog ended, boolean follow) throws IOException, LogRefused {
        lock.lock();
        try {
            Past past;
            if (run == null) {
                past = new Past(ended.open(), Map.of(), false);
            } else {
                ContainerLog.Snapshot snapshot = run.log.snapshot();
                past = new Past(snapshot.lines(), snapshot.begun(), started);
            }
            if (follow) {
                sessions.add(session);
            }
            return past;
        } finally {
            lock.unlock();
        }
    }

    void leave(ClientSession session) {
        lock.lock();
        try {
            sessions.remove(session);
        } finally {
            lock.unlock();
        }
        resumeIfRoom();
    }

    /** Lets the container go on when nobody holds it up any more. */
    void resumeIfRoom() {
        boolean resume;
        lock.lock();
        try {
            resume = holding
                    && sessions.stream().allMatch(session -> session.output().hasRoom());
            holding &= !resume;
        } finally {
            lock.unlock();
        }
        if (resume) {
            resumeOutput.run();
        }
    }

    /** The run is over, or did not come to be. */
    void ended() {
        List<ClientSession> over;
        lock.lock();
        try {
            run = null;
            started = false;
            holding = false;
            over = List.copyOf(sessions);
            sessions.clear();
        } finally {
            lock.unlock();
        }
        over.forEach(session -> session.processEnded(null));
    }

    private final class Run implements OutputSink {
        private final ContainerLog log;
        private final Set<Stream> open;

        Run(ContainerLog log, boolean terminal) {
            this.log = log;
            this.open = terminal ? EnumSet.of(Stream.STDOUT) : EnumSet.allOf(Stream.class);
        }

        @Override
        public boolean write(Stream stream, ByteBuffer bytes) {
            lock.lock();
            try {
                if (sessions.isEmpty()) {
                    return log.write(stream, bytes);
                }
                byte[] copy = new byte[bytes.remaining()];
                bytes.duplicate().get(copy);
                boolean room = log.write(stream, bytes);
                for (ClientSession session : sessions) {
                    room &= session.output().offer(stream, copy);
                }
                holding |= !room;
                return room;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void end(Stream stream) {
            boolean over;
            lock.lock();
            try {
                log.end(stream);
                open.remove(stream);
                over = open.isEmpty() && run == this;
            } finally {
                lock.unlock();
            }
            if (over) {
                ended();
            }
        }
    }
}
