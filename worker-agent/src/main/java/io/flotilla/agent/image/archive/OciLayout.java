package io.flotilla.agent.image.archive;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The OCI image layout (image-layout.md) with nested indexes, of which the image for this machine is taken. */
final class OciLayout {
    static final String INDEX = "application/vnd.oci.image.index.v1+json";
    static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final Set<String> INDEXES =
            Set.of(INDEX, "application/vnd.docker.distribution.manifest.list.v2+json");
    private static final Set<String> MANIFESTS =
            Set.of(MANIFEST, "application/vnd.docker.distribution.manifest.v2+json");
    private static final Set<String> CONFIGS = Set.of(CONFIG, "application/vnd.docker.container.image.v1+json");
    /** Real ones nest once; each level multiplies what a hostile archive makes us read. */
    private static final int MAX_DEPTH = 3;

    private static final String ARCHITECTURE = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";

    private final ArchiveFiles files;
    private final ArchiveLimits limits;

    OciLayout(ArchiveFiles files, ArchiveLimits limits) {
        this.files = files;
        this.limits = limits;
    }

    /** Each top-level manifest is an image, but of several that differ by platform only those for this machine are. */
    List<ArchivedImage> images(JsonNode index) throws IOException, ImageRefused {
        List<ArchivedImage> images = new ArrayList<>();
        for (JsonNode descriptor : runnable(index, "index.json")) {
            Optional<ArchivedImage> image = image(descriptor, names(descriptor), 0);
            image.ifPresent(images::add);
        }
        return images;
    }

    private Optional<ArchivedImage> image(JsonNode descriptor, List<String> names, int depth)
            throws IOException, ImageRefused {
        Digest digest = Digest.require(descriptor.path("digest").asText(), "image archive: a descriptor");
        String where = "manifest " + digest.shortHex();
        JsonNode content = files.json(blob(descriptor, digest, "an index"), where);
        String mediaType =
                content.path("mediaType").asText(descriptor.path("mediaType").asText());
        if (INDEXES.contains(mediaType)) {
            if (depth == MAX_DEPTH) {
                throw ImageArchive.invalid("has indexes nested deeper than " + MAX_DEPTH);
            }
            List<JsonNode> inside = runnable(content, where);
            return inside.isEmpty() ? Optional.empty() : image(inside.getFirst(), names, depth + 1);
        }
        if (!MANIFESTS.contains(mediaType)
                || !CONFIGS.contains(content.path("config").path("mediaType").asText())) {
            throw ImageArchive.invalid(where + " is not a container image but " + mediaType + " of "
                    + content.path("config").path("mediaType").asText("nothing"));
        }
        List<Blob> layers = new ArrayList<>();
        for (JsonNode layer : content.path("layers")) {
            String layerType = layer.path("mediaType").asText();
            if (layerType.endsWith("+encrypted")) {
                throw ImageArchive.invalid(where + " has an encrypted layer");
            }
            layers.add(blob(layer, where));
        }
        return Optional.of(ImageArchive.image(files, names, blob(content.path("config"), where), layers, limits));
    }

    private Blob blob(JsonNode descriptor, String where) throws ImageRefused {
        return blob(descriptor, Digest.require(descriptor.path("digest").asText(), "image archive: " + where), where);
    }

    private Blob blob(JsonNode descriptor, Digest digest, String where) throws ImageRefused {
        Blob blob = files.require(digest, where);
        if (descriptor.path("size").asLong(-1) != blob.sizeBytes()) {
            throw ImageArchive.invalid(where + " says that " + digest.shortHex() + " has "
                    + descriptor.path("size").asText("no") + " bytes, but it has " + blob.sizeBytes());
        }
        return blob;
    }

    /** Without attestations, and without images for other machines unless nothing says what machine they are for. */
    private static List<JsonNode> runnable(JsonNode index, String where) throws ImageRefused {
        List<JsonNode> matching = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (JsonNode descriptor : index.path("manifests")) {
            JsonNode platform = descriptor.path("platform");
            String name = platform.path("os").asText() + "/"
                    + platform.path("architecture").asText();
            if (descriptor.path("annotations").has("vnd.docker.reference.type")) {
                continue;
            }
            if (platform.isMissingNode() || name.equals("linux/" + ARCHITECTURE)) {
                matching.add(descriptor);
            } else {
                others.add(name);
            }
        }
        if (matching.isEmpty() && !others.isEmpty()) {
            throw ImageArchive.invalid(
                    where + " has no image for linux/" + ARCHITECTURE + ", only for " + String.join(", ", others));
        }
        return matching;
    }

    /** containerd's annotation is a whole reference; the specification's own often is but a tag, which names nothing. */
    private static List<String> names(JsonNode descriptor) {
        JsonNode annotations = descriptor.path("annotations");
        String whole = annotations.path("io.containerd.image.name").asText();
        String reference = annotations.path("org.opencontainers.image.ref.name").asText();
        if (!whole.isEmpty()) {
            return ImageName.complete(whole).stream().toList();
        }
        boolean repository = reference.contains("/") || reference.contains(":");
        return repository ? ImageName.complete(reference).stream().toList() : List.of();
    }
}
