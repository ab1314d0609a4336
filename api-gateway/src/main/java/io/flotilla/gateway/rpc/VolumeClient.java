package io.flotilla.gateway.rpc;

import io.flotilla.bus.node.VolumeUsage;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import java.util.List;

/**
 * The way to the nodes' volumes. Blocks; safe for many virtual threads. Every call fails with an
 * {@link io.flotilla.gateway.error.ApiException}, 503 when the node does not answer.
 */
public interface VolumeClient extends AutoCloseable {
    /** One that is there already is answered as it is. */
    Volume create(Node node, VolumeCreate create);

    void remove(Node node, String name, boolean force);

    /** Of every volume of the node. */
    List<VolumeUsage> usage(Node node);

    @Override
    void close();
}
