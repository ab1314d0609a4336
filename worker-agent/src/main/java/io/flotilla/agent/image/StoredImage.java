package io.flotilla.agent.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;

/**
 * An image whose content this node has.
 *
 * @param id sha256 of the configuration, sha256:...
 * @param names what the archive called it (repository:tag), complete references such as nginx:latest
 * @param config the image configuration as in the OCI image specification (config.md), unchanged
 * @param sizeBytes of the unpacked layers
 */
public record StoredImage(
        String id, List<String> names, ObjectNode config, List<LayerSize> layers, long sizeBytes, Instant created) {

    /** @param diffId digest of the uncompressed layer */
    public record LayerSize(String diffId, long sizeBytes) {}
}
