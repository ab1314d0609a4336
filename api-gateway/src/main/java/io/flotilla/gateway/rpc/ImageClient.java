package io.flotilla.gateway.rpc;

import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.bus.rpc.ProgressOrImages;
import io.flotilla.bus.rpc.PullRequest;
import io.flotilla.bus.rpc.PushRequest;
import io.flotilla.bus.rpc.RegistryRequest;
import io.flotilla.bus.rpc.SaveRequest;
import io.flotilla.bus.rpc.SearchRequest;
import io.flotilla.bus.schema.Node;
import java.io.InputStream;

/**
 * The way to the nodes' ImageService. Blocks; safe for many virtual threads. Every call fails with an
 * {@link io.flotilla.gateway.error.ApiException}, 503 when the node does not answer.
 */
public interface ImageClient extends AutoCloseable {

    NodeStream<ProgressOrImages> pull(Node node, PullRequest request);

    NodeStream<ProgressOrImages> push(Node node, PushRequest request);

    NodeStream<Chunk> save(Node node, SaveRequest request);

    /** Sends a tar on while its answers come back; the tar is read on a thread of its own. */
    NodeStream<ProgressOrImages> importTar(Node node, ImportOptions options, InputStream tar);

    /** JSON of the Engine API's DistributionInspect. */
    byte[] inspectDistribution(Node node, RegistryRequest request);

    /** @param authConfig JSON of the body of /auth @return JSON of its answer */
    byte[] checkAuth(Node node, byte[] authConfig);

    /** JSON array of results as a registry gave them. */
    byte[] search(Node node, SearchRequest request);

    @Override
    void close();
}
