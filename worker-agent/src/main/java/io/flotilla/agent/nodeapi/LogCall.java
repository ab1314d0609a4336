package io.flotilla.agent.nodeapi;

import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.log.LogEntry;
import io.flotilla.agent.log.LogQuery;
import io.flotilla.agent.log.LogReader;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.reconcile.ContainerLogOptions;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.rpc.LogFrames;
import io.flotilla.bus.rpc.LogsRequest;
import java.io.IOException;

/** Reads a container's log to a client. */
final class LogCall {
    private static final int MOST_BYTES = 32 << 10;

    private final Containers containers;
    private final ContainerLogs logs;

    LogCall(Containers containers, ContainerLogs logs) {
        this.containers = containers;
        this.logs = logs;
    }

    void run(LogsRequest request, CallOutput<LogFrames> output)
            throws IOException, InterruptedException, ActionRefused, LogRefused {
        if (!request.getStdout() && !request.getStderr()) {
            throw new ActionRefused(Reason.INVALID, "Bad parameters: you must choose at least one stream");
        }
        ContainerRecord container = containers.find(request.getContainerId());
        LogQuery query =
                new LogQuery(request.getSinceNanos(), request.getUntilNanos(), request.getTail(), request.getFollow());
        try (LogReader reader =
                logs.read(container.id(), container.logFile(), ContainerLogOptions.of(container), query)) {
            Gathered gathered = new Gathered(output);
            for (LogEntry entry = reader.next(gathered::send); entry != null; entry = reader.next(gathered::send)) {
                if (entry.stream() == Stream.STDOUT ? request.getStdout() : request.getStderr()) {
                    gathered.add(frame(entry));
                }
            }
            gathered.send();
        }
    }

    /** Lines that wait for those right behind them. */
    private static final class Gathered {
        private final CallOutput<LogFrames> output;
        private LogFrames.Builder frames = LogFrames.newBuilder();
        private int sizeBytes;

        Gathered(CallOutput<LogFrames> output) {
            this.output = output;
        }

        void add(LogFrame frame) throws InterruptedException {
            frames.addFrames(frame);
            // with the attributes, which may be many times the line
            sizeBytes += frame.getSerializedSize();
            if (sizeBytes >= MOST_BYTES) {
                send();
            }
        }

        void send() throws InterruptedException {
            if (sizeBytes > 0) {
                output.send(frames.build());
                frames = LogFrames.newBuilder();
                sizeBytes = 0;
            }
        }
    }

    private static LogFrame frame(LogEntry entry) {
        return LogFrame.newBuilder()
                .setStream(entry.stream() == Stream.STDOUT ? 1 : 2)
                .setTimeNanos(entry.timeNanos())
                // the reader gives each entry an array of its own
                .setLine(UnsafeByteOperations.unsafeWrap(entry.line()))
                .putAllAttributes(entry.attributes())
                .build();
    }
}
