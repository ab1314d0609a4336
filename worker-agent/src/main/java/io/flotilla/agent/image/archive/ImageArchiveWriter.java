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
 * Writes one image as an OCI image layout in a tar, with Docker's {@code manifest.json} beside it as docker save does since
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

    /** @param layers from the bottom up; the same content may come twice and is read once */
    public static void write(Source config, List<Source> layers, OutputStream out) throws IOException {
        ImageArchiveWriter writer = new ImageArchiveWriter(out);
        writer.writeAll(config, layers);
        writer.tar.finish();
        out.flush();
    }

    private void writeAll(Source config, List<Source> layers) throws IOException {
        ObjectNode manifest = NODES.objectNode().put("schemaVersion", 2).put("mediaType", OciLayout.MANIFEST);
        manifest.set("config", descriptor(config));
        ArrayNode layerList = manifest.putArray("layers");
        ObjectNode docker = NODES.objectNode().put("Config", ArchiveFiles.blobName(config.digest()));
        docker.putNull("RepoTags");
        ArrayNode dockerLayers = docker.putArray("Layers");
        file("oci-layout", bytes(NODES.objectNode().put("imageLayoutVersion", "1.0.0")));
        blob(config);
        for (Source layer : layers) {
            blob(layer);
            layerList.add(descriptor(layer));
            dockerLayers.add(ArchiveFiles.blobName(layer.digest()));
        }
        byte[] manifestBytes = bytes(manifest);
        Digest manifestDigest = Digest.ofContent(manifestBytes);
        file(ArchiveFiles.blobName(manifestDigest), manifestBytes);
        ObjectNode index = NODES.objectNode().put("schemaVersion", 2).put("mediaType", OciLayout.INDEX);
        index.putArray("manifests").add(descriptor(OciLayout.MANIFEST, manifestDigest, manifestBytes.length));
        file("index.json", bytes(index));
        file("manifest.json", bytes(NODES.arrayNode().add(docker)));
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
