package io.flotilla.gateway.rpc;

import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.schema.ContainerTopResponse;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.SystemInfo;
import java.io.InputStream;

/**
 * The way to the nodes' agents. Blocks; safe for many virtual threads. Every call fails with an
 * {@link io.flotilla.gateway.error.ApiException}, 503 when the node does not answer.
 */
public interface NodeClient extends AutoCloseable {

    SystemInfo info(Node node);

    NodeUsage usage(Node node);

    ContainerTopResponse top(Node node, String containerId, String psArguments);

    NodeStream<LogFrame> logs(Node node, LogsRequest request);

    /** JSON of ContainerStatsResponse, one each. */
    NodeStream<byte[]> stats(Node node, StatsRequest request);

    /** Sends an archive on while its answers come back; the archive is read on a thread of its own. */
    NodeStream<LoadImageReply> load(Node node, InputStream archive);

    @Override
    void close();
}
