package io.flotilla.agent.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.ImageChanges;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.image.ImageAssembly;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.LayerProgress.Told;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.layer.TarWriter;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ContainerConfig;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** docker commit: what a container has changed becomes a layer on its image, its configuration the new image's. */
public final class ContainerCommit {
    /** Digest of a tar with nothing in it, which is no layer: moby's layer.DigestSHA256EmptyTar. */
    private static final String EMPTY_TAR = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

    private final ImageStore images;
    private final Freezer freezer;
    private final InstantSource clock;
    private final ImageLimits limits = ImageLimits.defaults();

    /** Holds a container still while its files are read. */
    public interface Freezer {
        /** @param pause false: only see that it is not removed meanwhile @return lets it go on */
        Thaw freeze(ContainerRecord container, boolean pause) throws ActionRefused, IOException;

        /** Lets the container go on. */
        interface Thaw extends AutoCloseable {
            /** @throws ActionRefused when its files went meanwhile, and what was read of them is not whole */
            @Override
            void close() throws ActionRefused, IOException;
        }
    }

    /**
     * @param reference complete repository:tag, empty for an image without a name
     * @param pause hold the container still if it runs
     * @param changes Dockerfile instructions
     * @param config null: the container's own
     */
    public record Options(
            String reference,
            String comment,
            String author,
            boolean pause,
            List<String> changes,
            @Nullable ContainerConfig config) {}

    public ContainerCommit(ImageStore images, Freezer freezer, InstantSource clock) {
        this.images = images;
        this.freezer = freezer;
        this.clock = clock;
    }

    /** @throws ImageRefused when the changes are no instructions; nothing is left then */
    public StoredImage run(ContainerRecord container, Options options) throws IOException, ImageRefused, ActionRefused {
        ContainerConfig config = config(container, options);
        ObjectNode parent = (ObjectNode) Codec.JSON.mapper().readTree(images.configuration(container.imageId()));
        try (ImageAssembly assembly = images.assemble()) {
            List<ArchivedImage.Layer> layers = new ArrayList<>();
            for (ImageStore.LayerBlob layer : images.layers(container.imageId())) {
                Digest diffId = Digest.require(layer.diffId(), "image " + container.imageId());
                if (!assembly.has(diffId)) {
                    throw new IllegalStateException("the image of a container has lost layer " + diffId);
                }
                Digest digest = Digest.require(layer.digest(), "image " + container.imageId());
                layers.add(new ArchivedImage.Layer(diffId, new Blob(layer.file(), digest, layer.sizeBytes())));
            }
            Blob changed = write(container, options.pause(), assembly.folder().resolve("layer"));
            boolean empty = changed.digest().toString().equals(EMPTY_TAR);
            if (!empty) {
                // it is stored as the plain tar it is, so its digest is its diff ID
                ArchivedImage.Layer layer = new ArchivedImage.Layer(changed.digest(), changed);
                layers.add(layer);
                if (!assembly.has(layer.diffId())) {
                    Told untold = new Told("Committing", layer.diffId().shortHex(), progress -> {});
                    long _ = assembly.add(layer, limits.layer(), untold);
                }
            }
            ObjectNode image = image(parent, container, options, config, layers, empty);
            byte[] content = Codec.JSON.encode(image);
            Path file = Files.write(assembly.folder().resolve("config"), content);
            Blob configuration = new Blob(file, Digest.ofContent(content), content.length);
            List<String> names = options.reference().isEmpty() ? List.of() : List.of(options.reference());
            return assembly.record(List.of(new ArchivedImage(names, configuration, image, layers)))
                    .getFirst();
        }
    }

    private static ContainerConfig config(ContainerRecord container, Options options) throws ImageRefused {
        ContainerConfig given = Objects.requireNonNullElse(options.config(), container.config());
        try {
            return ConfigMerge.over(container.config(), ImageChanges.apply(given, options.changes()));
        } catch (PlanRefused e) {
            throw new ImageRefused(Reason.INVALID, String.valueOf(e.getMessage()));
        }
    }

    private Blob write(ContainerRecord container, boolean pause, Path file) throws ActionRefused, IOException {
        DigestOutputStream digested =
                new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), Digest.sha256());
        try (OutputStream out = digested;
                OpenDirectory upper = OpenDirectory.open(container.spec().root().upper());
                Freezer.Thaw thaw = freezer.freeze(container, pause)) {
            TarWriter tar = new TarWriter(out);
            new TreeTar(tar, true).content(upper, "");
            tar.finish();
        }
        return new Blob(file, Digest.ofFinished(digested.getMessageDigest()), Files.size(file));
    }

    private ObjectNode image(
            ObjectNode parent,
            ContainerRecord container,
            Options options,
            ContainerConfig config,
            List<ArchivedImage.Layer> layers,
            boolean empty) {
        String now = clock.instant().toString();
        ObjectNode image = parent.objectNode();
        for (String platform : List.of("architecture", "variant", "os", "os.version", "os.features")) {
            if (parent.has(platform)) {
                image.set(platform, parent.get(platform));
            }
        }
        image.put("created", now);
        putIfGiven(image, "author", options.author());
        putIfGiven(image, "comment", options.comment());
        image.put("container", container.id());
        image.set("config", Codec.JSON.mapper().valueToTree(config));
        var history = image.putArray("history");
        for (JsonNode before : parent.path("history")) {
            history.add(before);
        }
        ObjectNode entry = history.addObject().put("created", now);
        putIfGiven(entry, "author", options.author());
        List<String> command = container.config().cmd();
        putIfGiven(entry, "created_by", command == null ? "" : String.join(" ", command));
        putIfGiven(entry, "comment", options.comment());
        if (empty) {
            entry.put("empty_layer", true);
        }
        var diffIds = image.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        layers.forEach(layer -> diffIds.add(layer.diffId().toString()));
        return image;
    }

    private static void putIfGiven(ObjectNode to, String name, String value) {
        if (!value.isEmpty()) {
            to.put(name, value);
        }
    }
}
