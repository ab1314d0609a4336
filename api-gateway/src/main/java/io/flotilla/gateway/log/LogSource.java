package io.flotilla.gateway.log;

import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The log of one container. @param details shown with each of its lines */
record LogSource(Node node, String containerId, Map<String, String> details) {
    NodeStream<LogLine> open(NodeClient nodes, LogOptions options) {
        NodeStream<LogFrame> frames = nodes.logs(node, options.request(containerId));
        return new NodeStream<>() {
            @Override
            public @Nullable LogLine next() {
                LogFrame frame = frames.next();
                return frame == null ? null : LogLine.of(frame, details);
            }

            @Override
            public boolean ready() {
                return frames.ready();
            }

            @Override
            public void close() {
                frames.close();
            }
        };
    }
}
