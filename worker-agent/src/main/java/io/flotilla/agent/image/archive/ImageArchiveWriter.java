package io.flotilla.agent.image.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.content.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes images as an OCI image layout in a tar, with Docker's {@code manifest.json} beside it as docker save does since
 * version 25, so that either kind of reader takes it.
 */
public final class ImageArchiveWriter {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TarArchiveOutputStream tar;
    private final Set<Digest> written = new HashSet<>();

    /** Content to be written: a stream of exactly {@code sizeBytes}. */
    public record Source(Digest digest, long sizeBytes, String mediaType, InputStream content) {}

    private ImageArchiveWriter(OutputStream out) {
        this.tar = new TarArchiveOutputStream(out);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    }

    /** @param references complete repository:tag @param layers from the bottom up */
    public record Image(List<String> references, Source config, List<Source> layers) {}

    /** Content that several of them share is written once. */
    public static void write(List<Image> images, OutputStream out) throws IOException {
        ImageArchiveWriter writer = new ImageArchiveWriter(out);
        writer.writeAll(images);
        writer.tar.finish();
        out.flush();
    }

    private void writeAll(List<Image> images) throws IOException {
        ObjectNode index = NODES.objectNode().put("schemaVersion", 2).put("mediaType", OciLayout.INDEX);
        ArrayNode manifests = index.putArray("manifests");
        ArrayNode docker = NODES.arrayNode();
        file("oci-layout", bytes(NODES.objectNode().put("imageLayoutVersion", "1.0.0")));
        for (Image image : images) {
            byte[] manifest = bytes(content(image, docker.addObject()));
            Digest digest = Digest.ofContent(manifest);
            if (written.add(digest)) {
                file(ArchiveFiles.blobName(digest), manifest);
            }
            ObjectNode descriptor = descriptor(OciLayout.MANIFEST, digest, manifest.length);
            if (image.references().isEmpty()) {
                manifests.add(descriptor);
            }
            // an index names a manifest by one annotation: as often as it has names
            for (String reference : image.references()) {
                ObjectNode named = descriptor.deepCopy();
                named.putObject("annotations")
                        .put("io.containerd.image.name", ImageName.whole(reference))
                        .put("org.opencontainers.image.ref.name", ImageName.tag(reference));
                manifests.add(named);
            }
        }
        file("index.json", bytes(index));
        file("manifest.json", bytes(docker));
    }

    /** Writes the image's blobs. @return its manifest */
    private ObjectNode content(Image image, ObjectNode docker) throws IOException {
        ObjectNode manifest = NODES.objectNode().put("schemaVersion", 2).put("mediaType", OciLayout.MANIFEST);
        manifest.set("config", descriptor(image.config()));
        ArrayNode layers = manifest.putArray("layers");
        docker.put("Config", ArchiveFiles.blobName(image.config().digest()));
        if (image.references().isEmpty()) {
            docker.putNull("RepoTags");
        } else {
            image.references().forEach(docker.putArray("RepoTags")::add);
        }
        ArrayNode dockerLayers = docker.putArray("Layers");
        blob(image.config());
        for (Source layer : image.layers()) {
            blob(layer);
            layers.add(descriptor(layer));
            dockerLayers.add(ArchiveFiles.blobName(layer.digest()));
        }
        return manifest;
    }

    private void blob(Source source) throws IOException {
        if (written.add(source.digest())) {
            header(ArchiveFiles.blobName(source.digest()), source.sizeBytes());
            source.content().transferTo(tar);
            tar.closeArchiveEntry();
        }
    }

    private void file(String name, byte[] content) throws IOException {
        header(name, content.length);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private void header(String name, long sizeBytes) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(sizeBytes);
        // the same image gives the same archive
        entry.setModTime(0L);
        tar.putArchiveEntry(entry);
    }

    private static ObjectNode descriptor(Source source) {
        return descriptor(source.mediaType(), source.digest(), source.sizeBytes());
    }

    private static ObjectNode descriptor(String mediaType, Digest digest, long sizeBytes) {
        return NODES.objectNode()
                .put("mediaType", mediaType)
                .put("digest", digest.toString())
                .put("size", sizeBytes);
    }

    private static byte[] bytes(JsonNode json) throws JsonProcessingException {
        return JSON.writeValueAsBytes(json);
    }
}
