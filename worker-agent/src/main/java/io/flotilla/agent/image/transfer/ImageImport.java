package io.flotilla.agent.image.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageAssembly;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.LayerProgress.Told;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.BoundedInput;
import io.flotilla.agent.image.content.CompressedInput;
import io.flotilla.agent.image.content.Compression;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.ImagePlatform;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ContainerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;

/** docker import: a root file system as a tar, plain or compressed, becomes an image of one layer. */
public final class ImageImport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ImageStore store;
    private final ImageLimits limits = ImageLimits.defaults();

    /**
     * @param reference complete repository:tag, empty for an image without a name
     * @param message becomes the comment of its history
     * @param config what the instructions given with it made of an empty one
     * @param platform os[/arch[/variant]], empty for this machine's own
     */
    public record Options(String reference, String message, ContainerConfig config, String platform) {}

    public ImageImport(ImageStore store) {
        this.store = store;
    }

    /** @throws ImageRefused when the tar is invalid; nothing is left then */
    public StoredImage run(Options options, InputStream tar) throws IOException, ImageRefused {
        ImagePlatform platform = ImagePlatform.parse(options.platform());
        JsonNode config = Codec.JSON.mapper().valueToTree(options.config());
        try (ImageAssembly assembly = store.assemble()) {
            Blob layer = receive(tar, assembly.folder().resolve("layer"));
            // the layer is stored as the plain tar it became, so its digest is its diff ID
            ArchivedImage.Layer named = new ArchivedImage.Layer(layer.digest(), layer);
            if (!assembly.has(layer.digest())) {
                long _ = assembly.add(
                        named,
                        limits.layer(),
                        new Told("Importing", layer.digest().shortHex(), told -> {}));
            }
            ObjectNode image = image(options, platform, config, layer.digest());
            byte[] content = JSON.writeValueAsBytes(image);
            Path file = Files.write(assembly.folder().resolve("config"), content);
            List<String> names = options.reference().isEmpty() ? List.of() : List.of(options.reference());
            Blob configuration = new Blob(file, Digest.ofContent(content), content.length);
            return assembly.record(List.of(new ArchivedImage(names, configuration, image, List.of(named))))
                    .getFirst();
        }
    }

    private Blob receive(InputStream tar, Path file) throws IOException, ImageRefused {
        MessageDigest sum = Digest.sha256();
        long sizeBytes = 0;
        try (OutputStream out = Files.newOutputStream(file)) {
            InputStream plain = new BoundedInput(
                    CompressedInput.plain(tar, "the archive"), limits.layer().unpackedBytes(), "the archive");
            byte[] buffer = new byte[64 * 1024];
            for (int count = read(plain, buffer); count >= 0; count = read(plain, buffer)) {
                sum.update(buffer, 0, count);
                out.write(buffer, 0, count);
                sizeBytes += count;
            }
        }
        if (sizeBytes == 0) {
            throw new ImageRefused(Reason.INVALID, "the archive is empty");
        }
        return new Blob(file, Digest.ofFinished(sum), sizeBytes);
    }

    /** Apart from writing, a failure of which is this node's. */
    private static int read(InputStream plain, byte[] buffer) throws ImageRefused {
        try {
            return plain.read(buffer);
        } catch (IOException e) {
            ImageRefused refused =
                    new ImageRefused(Reason.INVALID, "the archive cannot be read: " + Compression.reason(e));
            refused.initCause(e);
            throw refused;
        }
    }

    private static ObjectNode image(Options options, ImagePlatform platform, JsonNode config, Digest diffId) {
        String now = Instant.now().toString();
        String message = options.message().isEmpty() ? "Imported from -" : options.message();
        ObjectNode image = JsonNodeFactory.instance
                .objectNode()
                .put("architecture", platform.architecture())
                .put("os", platform.os())
                .put("created", now)
                .put("comment", message);
        if (!platform.variant().isEmpty()) {
            image.put("variant", platform.variant());
        }
        image.set("config", config);
        image.putArray("history").addObject().put("created", now).put("comment", message);
        image.putObject("rootfs").put("type", "layers").putArray("diff_ids").add(diffId.toString());
        return image;
    }
}
