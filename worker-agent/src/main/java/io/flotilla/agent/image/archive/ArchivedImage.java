package io.flotilla.agent.image.archive;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import java.util.List;

/**
 * An image as an archive has it; that the layers match their diff IDs is not verified yet.
 *
 * @param names complete references such as nginx:latest
 * @param configuration its digest is the image's ID
 * @param layers from the bottom up
 */
public record ArchivedImage(List<String> names, Blob configuration, ObjectNode config, List<Layer> layers) {

    public Digest id() {
        return configuration.digest();
    }

    /**
     * @param diffId what the configuration says the uncompressed content's digest is
     * @param blob plain, gzip or zstd
     */
    public record Layer(Digest diffId, Blob blob) {}
}
