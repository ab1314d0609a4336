package io.flotilla.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * An image to put into archives.
 *
 * @param config bytes of the configuration
 * @param tars uncompressed layers from the bottom up
 * @param blobs the layers as an archive has them
 */
public record ImageBytes(byte[] config, List<byte[]> tars, List<byte[]> blobs) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    public static ImageBytes of(String comment, TarBytes... layers) {
        List<byte[]> tars = Stream.of(layers).map(TarBytes::bytes).toList();
        return of(comment, tars, tars);
    }

    public static ImageBytes of(String comment, List<byte[]> tars, List<byte[]> blobs) {
        ObjectNode config = NODES.objectNode();
        config.put("architecture", "amd64").put("os", "linux").put("created", "2024-01-02T03:04:05.5+02:00");
        config.put("comment", comment);
        ArrayNode diffIds = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        tars.forEach(tar -> diffIds.add(Digest.ofContent(tar).toString()));
        return new ImageBytes(bytes(config), tars, blobs);
    }

    /** The same layers with something to say of containers. @param json the configuration's {@code config} */
    ImageBytes withConfig(String json) throws IOException {
        ObjectNode all = (ObjectNode) Codec.JSON.mapper().readTree(config);
        all.set("config", Codec.JSON.mapper().readTree(json));
        return new ImageBytes(bytes(all), tars, blobs);
    }

    public String id() {
        return Digest.ofContent(config).toString();
    }

    /** As docker save did before version 25. */
    public byte[] dockerArchive(String... tags) {
        TarBytes tar = new TarBytes();
        tar.file("manifest.json", bytes(NODES.arrayNode().add(addTo(tar, tags))), entry -> {});
        return tar.bytes();
    }

    /** Adds the files, and returns the entry of manifest.json. */
    ObjectNode addTo(TarBytes tar, String... tags) {
        ObjectNode manifest =
                NODES.objectNode().put("Config", Digest.ofContent(config).hex() + ".json");
        tar.file(manifest.get("Config").asText(), config, entry -> {});
        ArrayNode names = manifest.putArray("RepoTags");
        List.of(tags).forEach(names::add);
        ArrayNode layers = manifest.putArray("Layers");
        for (byte[] blob : blobs) {
            String name = Digest.ofContent(blob).hex() + "/layer.tar";
            tar.file(name, blob, entry -> {});
            layers.add(name);
        }
        return manifest;
    }

    /** An OCI image layout with the blobs before and after what names them. */
    byte[] ociArchive(ObjectNode annotations) {
        TarBytes tar = new TarBytes();
        ObjectNode descriptor = addOciTo(tar);
        descriptor.set("annotations", annotations);
        return ociArchive(tar, descriptor);
    }

    static byte[] ociArchive(TarBytes tar, JsonNode... descriptors) {
        ObjectNode index = index(descriptors);
        tar.file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        tar.file("index.json", bytes(index), entry -> {});
        return tar.bytes();
    }

    static ObjectNode index(JsonNode... descriptors) {
        ObjectNode index = NODES.objectNode().put("schemaVersion", 2);
        index.put("mediaType", "application/vnd.oci.image.index.v1+json");
        index.putArray("manifests").addAll(List.of(descriptors));
        return index;
    }

    /** Adds the blobs, and returns the manifest's descriptor. */
    ObjectNode addOciTo(TarBytes tar) {
        ObjectNode manifest = NODES.objectNode().put("schemaVersion", 2);
        manifest.put("mediaType", "application/vnd.oci.image.manifest.v1+json");
        manifest.set("config", blob(tar, "application/vnd.oci.image.config.v1+json", config));
        ArrayNode layers = manifest.putArray("layers");
        blobs.forEach(blob -> layers.add(blob(tar, "application/vnd.oci.image.layer.v1.tar", blob)));
        return blob(tar, "application/vnd.oci.image.manifest.v1+json", bytes(manifest));
    }

    static ObjectNode blob(TarBytes tar, String mediaType, byte[] content) {
        Digest digest = Digest.ofContent(content);
        tar.file("blobs/sha256/" + digest.hex(), content, entry -> {});
        return NODES.objectNode()
                .put("mediaType", mediaType)
                .put("digest", digest.toString())
                .put("size", content.length);
    }

    public static byte[] bytes(JsonNode json) {
        return json.toString().getBytes(UTF_8);
    }
}
