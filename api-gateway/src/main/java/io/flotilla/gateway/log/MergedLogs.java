package io.flotilla.gateway.log;

import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** The logs of several containers as they are now, in order of time. A node that does not answer is left out and named. */
final class MergedLogs implements AutoCloseable {
    private final List<NodeStream<LogLine>> open = new ArrayList<>();
    private final PriorityQueue<Head> heads =
            new PriorityQueue<>(Comparator.comparingLong(head -> head.line.timeNanos()));
    private final List<String> missing = new ArrayList<>();

    private record Head(LogLine line, NodeStream<LogLine> rest) {}

    /** Sends everything there is, and at the end what could not be had. */
    static void write(NodeClient nodes, List<LogSource> sources, LogOptions options, LogWriter out) throws IOException {
        try (MergedLogs logs = new MergedLogs()) {
            out.sink().onGone(logs::close);
            for (LogSource source : sources) {
                logs.add(nodes, source, options);
            }
            for (LogLine line = logs.next(); line != null; line = logs.next()) {
                out.write(line, !logs.heads.isEmpty());
            }
            if (!logs.missing.isEmpty()) {
                out.complain("warning: incomplete log stream. some logs could not be retrieved for the following"
                        + " reasons: " + String.join(", ", logs.missing));
            }
        }
    }

    private void add(NodeClient nodes, LogSource source, LogOptions options) {
        try {
            NodeStream<LogLine> stream = source.open(nodes, options);
            synchronized (open) {
                open.add(stream);
            }
            advance(stream);
        } catch (ApiException e) {
            missing.add(e.text());
        }
    }

    private @Nullable LogLine next() {
        Head first = heads.poll();
        if (first == null) {
            return null;
        }
        advance(first.rest());
        return first.line();
    }

    private void advance(NodeStream<LogLine> stream) {
        try {
            LogLine line = stream.next();
            if (line != null) {
                heads.add(new Head(line, stream));
            }
        } catch (ApiException e) {
            missing.add(e.text());
        }
    }

    @Override
    public void close() {
        synchronized (open) {
            open.forEach(NodeStream::close);
        }
    }
}
