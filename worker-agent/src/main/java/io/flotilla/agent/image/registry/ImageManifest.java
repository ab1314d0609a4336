package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.Repository.RawManifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The manifest of one image for one platform.
 *
 * @param digest what its name stands for in the registry: of the index where there is one, else of the manifest
 * @param layers from the bottom up
 */
public record ImageManifest(Digest digest, Part config, List<Part> layers) {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Real ones nest once. */
    private static final int MAX_DEPTH = 3;

    private static final int MAX_LAYERS = 127;

    /** A blob as the manifest describes it. */
    public record Part(String mediaType, Digest digest, long sizeBytes) {}

    /** What is asked for, from the index down to the image for the platform. */
    public static ImageManifest fetch(Repository repository, RegistryReference reference, ImagePlatform platform)
            throws RegistryFailure, ImageRefused, InterruptedException {
        RawManifest raw = repository.manifest(reference.target());
        Digest named = raw.digest();
        for (int depth = 0; depth <= MAX_DEPTH; depth++) {
            JsonNode json = parse(raw, reference);
            String type = mediaType(raw, json);
            if (MediaTypes.IMAGES.contains(type)) {
                return image(named, json, reference);
            }
            if (!MediaTypes.INDEXES.contains(type)) {
                throw unsupported(reference, type);
            }
            Digest chosen = choose(json, reference, platform);
            raw = repository.manifest(chosen.toString());
        }
        throw invalid(reference, "its indexes are nested deeper than " + MAX_DEPTH);
    }

    static JsonNode parse(RawManifest raw, RegistryReference reference) throws ImageRefused {
        try {
            return JSON.readTree(raw.content());
        } catch (IOException e) {
            throw invalid(reference, "its manifest is not valid JSON");
        }
    }

    /** The content's own word counts; the header's where it has none. */
    static String mediaType(RawManifest raw, JsonNode json) {
        String own = json.path("mediaType").asText("");
        if (!own.isEmpty()) {
            return own;
        }
        if (MediaTypes.INDEXES.contains(raw.mediaType()) || MediaTypes.IMAGES.contains(raw.mediaType())) {
            return raw.mediaType();
        }
        return json.has("manifests")
                ? MediaTypes.OCI_INDEX
                : json.has("config") ? MediaTypes.OCI_MANIFEST : raw.mediaType();
    }

    private static Digest choose(JsonNode index, RegistryReference reference, ImagePlatform platform)
            throws ImageRefused {
        Optional<JsonNode> found = Optional.empty();
        for (JsonNode entry : index.path("manifests")) {
            boolean suits = platformOf(entry).map(platform::accepts).orElse(true);
            boolean attestation = entry.path("annotations").has("vnd.docker.reference.type");
            if (found.isEmpty() && suits && !attestation) {
                found = Optional.of(entry);
            }
        }
        if (found.isEmpty()) {
            // Docker's words
            throw new ImageRefused(
                    Reason.NOT_FOUND, "no matching manifest for " + platform + " in the manifest list entries");
        }
        return Digest.require(found.get().path("digest").asText(), reference.familiar());
    }

    static Optional<ImagePlatform> platformOf(JsonNode entry) {
        JsonNode platform = entry.path("platform");
        return platform.isObject()
                ? Optional.of(new ImagePlatform(
                        platform.path("os").asText(""),
                        platform.path("architecture").asText(""),
                        platform.path("variant").asText("")))
                : Optional.empty();
    }

    private static ImageManifest image(Digest named, JsonNode json, RegistryReference reference) throws ImageRefused {
        Part config = part(json.path("config"), reference);
        if (!MediaTypes.CONFIGS.contains(config.mediaType())) {
            throw unsupported(reference, config.mediaType());
        }
        List<Part> layers = new ArrayList<>();
        for (JsonNode layer : json.path("layers")) {
            Part part = part(layer, reference);
            if (part.mediaType().endsWith("+encrypted")) {
                throw invalid(reference, "layer " + part.digest() + " is encrypted");
            }
            layers.add(part);
        }
        if (layers.size() > MAX_LAYERS) {
            throw invalid(reference, "it has " + layers.size() + " layers, more than " + MAX_LAYERS);
        }
        return new ImageManifest(named, config, List.copyOf(layers));
    }

    private static Part part(JsonNode descriptor, RegistryReference reference) throws ImageRefused {
        Digest digest = Digest.require(descriptor.path("digest").asText(), reference.familiar());
        long sizeBytes = descriptor.path("size").asLong(-1);
        if (sizeBytes < 0) {
            throw invalid(reference, "its manifest gives " + digest + " no size");
        }
        return new Part(descriptor.path("mediaType").asText(""), digest, sizeBytes);
    }

    private static ImageRefused unsupported(RegistryReference reference, String type) {
        String shown = type.isEmpty() ? "none" : type;
        boolean schema1 = type.contains("manifest.v1");
        return invalid(
                reference,
                schema1
                        ? "Docker Image Format v1 and Docker Image manifest version 2, schema 1 are no longer supported"
                        : "it is not a container image: media type " + shown);
    }

    private static ImageRefused invalid(RegistryReference reference, String what) {
        return new ImageRefused(Reason.INVALID, reference.familiar() + " cannot be used: " + what);
    }
}
