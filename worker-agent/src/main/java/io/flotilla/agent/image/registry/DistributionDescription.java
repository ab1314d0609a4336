package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.Repository.RawManifest;
import java.io.IOException;

/** What a registry has under a name, without taking it: the Engine API's DistributionInspect. */
public final class DistributionDescription {
    private static final int MAX_CONFIG_BYTES = 8 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private DistributionDescription() {}

    /** {@code {"Descriptor":{"mediaType":...,"digest":...,"size":...},"Platforms":[{"architecture":...,"os":...}]}} */
    public static ObjectNode of(RegistryClient registries, RegistryReference reference, Credentials credentials)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        return registries.read(reference, credentials, repository -> describe(repository, reference));
    }

    private static ObjectNode describe(Repository repository, RegistryReference reference)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        RawManifest raw = repository.manifest(reference.target());
        JsonNode json = ImageManifest.parse(raw, reference);
        String type = ImageManifest.mediaType(raw, json);
        ObjectNode description = JsonNodeFactory.instance.objectNode();
        description
                .putObject("Descriptor")
                .put("mediaType", type)
                .put("digest", raw.digest().toString())
                .put("size", raw.content().length);
        ArrayNode platforms = description.putArray("Platforms");
        if (MediaTypes.INDEXES.contains(type)) {
            for (JsonNode entry : json.path("manifests")) {
                if (entry.path("platform").isObject()) {
                    platforms.add(entry.path("platform"));
                }
            }
        } else if (MediaTypes.IMAGES.contains(type)) {
            JsonNode config = json.path("config");
            Digest digest = Digest.require(config.path("digest").asText(), reference.familiar());
            JsonNode image = JSON.readTree(
                    repository.smallBlob(digest, config.path("size").asLong(), MAX_CONFIG_BYTES));
            ObjectNode platform = platforms.addObject();
            platform.put("architecture", image.path("architecture").asText(""));
            platform.put("os", image.path("os").asText(""));
            if (image.hasNonNull("variant")) {
                platform.set("variant", image.get("variant"));
            }
        }
        return description;
    }
}
