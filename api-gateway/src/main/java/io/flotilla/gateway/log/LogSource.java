package io.flotilla.gateway.log;

import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import java.util.Map;

/** The log of one container. @param details shown with each of its lines */
record LogSource(Node node, String containerId, Map<String, String> details) {
    NodeStream<LogLine> open(NodeClient nodes, LogOptions options) {
        return nodes.logs(node, options.request(containerId)).map(frame -> LogLine.of(frame, details));
    }
}
