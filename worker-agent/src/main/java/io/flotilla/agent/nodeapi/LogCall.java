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
import io.flotilla.bus.rpc.LogsRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads a container's log to a client. */
final class LogCall {
    private final Containers containers;
    private final ContainerLogs logs;

    LogCall(Containers containers, ContainerLogs logs) {
        this.containers = containers;
        this.logs = logs;
    }

    void run(LogsRequest request, CallOutput<LogFrame> output)
            throws IOException, InterruptedException, ActionRefused, LogRefused {
        if (!request.getStdout() && !request.getStderr()) {
            throw new ActionRefused(Reason.INVALID, "Bad parameters: you must choose at least one stream");
        }
        ContainerRecord container = containers.find(request.getContainerId());
        LogQuery query =
                new LogQuery(request.getSinceNanos(), request.getUntilNanos(), request.getTail(), request.getFollow());
        try (LogReader reader =
                logs.read(container.id(), container.logFile(), ContainerLogOptions.of(container), query)) {
            for (LogEntry entry = reader.next(); entry != null; entry = reader.next()) {
                LogFrame frame = frame(request, entry);
                if (frame != null) {
                    output.send(frame);
                }
            }
        }
    }

    private static @Nullable LogFrame frame(LogsRequest request, LogEntry entry) {
        boolean stdout = entry.stream() == Stream.STDOUT;
        if (stdout ? !request.getStdout() : !request.getStderr()) {
            return null;
        }
        return LogFrame.newBuilder()
                .setStream(stdout ? 1 : 2)
                .setTimeNanos(entry.timeNanos())
                // the reader gives each entry an array of its own
                .setLine(UnsafeByteOperations.unsafeWrap(entry.line()))
                .putAllAttributes(entry.attributes())
                .build();
    }
}
