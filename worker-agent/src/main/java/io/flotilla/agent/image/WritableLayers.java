package io.flotilla.agent.image;

import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.StoreRecords.LayerRecord;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.content.Tree;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The containers' writable layers. Its monitor guards {@link #imageOf}; whoever holds it keeps images from being removed and
 * containers from being prepared.
 *
 * <p>A layer's folder is put together elsewhere and renamed, so it is whole or not there. Which image it is over says a
 * symbolic link in it, which after a power loss is there or not without costing the container's start an fsync.
 */
final class WritableLayers {
    private static final Pattern CONTAINER_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
    private static final String UPPER = "upper";
    private static final String WORK = "work";
    private static final String IMAGE_LINK = "image";

    private final StoreFolders folders;
    private final ContentStore content;
    private final Map<String, Digest> imageOf;

    private WritableLayers(StoreFolders folders, ContentStore content, Map<String, Digest> imageOf) {
        this.folders = folders;
        this.content = content;
        this.imageOf = imageOf;
    }

    static WritableLayers open(StoreFolders folders, ContentStore content) throws IOException {
        Map<String, Digest> imageOf = new TreeMap<>();
        for (Path folder : StoreFolders.content(folders.writable())) {
            String record = Files.readSymbolicLink(folder.resolve(IMAGE_LINK))
                    .getFileName()
                    .toString();
            Digest image = Digest.ofHex(record.replaceFirst("\\.json$", ""))
                    .orElseThrow(() -> new IOException(folder + " links to no image but " + record));
            imageOf.put(folder.getFileName().toString(), image);
        }
        return new WritableLayers(folders, content, imageOf);
    }

    synchronized Snapshot prepare(String containerId, Digest image) throws IOException, ImageRefused {
        requireId(containerId);
        List<LayerRecord> layers = content.layers(image).orElseThrow(() -> ContentStore.notFound(image.toString()));
        Digest before = imageOf.get(containerId);
        if (before != null && !before.equals(image)) {
            throw new ImageRefused(
                    Reason.CONFLICT, "container " + containerId + " has a writable layer over image " + before);
        }
        List<Path> lower = lower(layers);
        Path folder = folders.writable().resolve(containerId);
        if (before == null) {
            make(folder, image, lower.size() > 1 ? lower.get(1) : lower.getFirst());
            imageOf.put(containerId, image);
        }
        return new Snapshot(lower, folder.resolve(UPPER), folder.resolve(WORK));
    }

    void release(String containerId) throws IOException {
        requireId(containerId);
        Path discarded;
        synchronized (this) {
            if (!imageOf.containsKey(containerId)) {
                return;
            }
            discarded = folders.discard(folders.writable().resolve(containerId));
            imageOf.remove(containerId);
        }
        Tree.delete(discarded);
    }

    long sizeBytes(String containerId) throws IOException {
        requireId(containerId);
        synchronized (this) {
            if (!imageOf.containsKey(containerId)) {
                throw new NoSuchFileException("container " + containerId + " has no writable layer");
            }
        }
        return Tree.sizeBytes(folders.writable().resolve(containerId).resolve(UPPER));
    }

    synchronized List<String> containers() {
        return List.copyOf(imageOf.keySet());
    }

    synchronized void refuseIfUsed(Digest image) throws ImageRefused {
        for (Map.Entry<String, Digest> user : imageOf.entrySet()) {
            if (user.getValue().equals(image)) {
                throw new ImageRefused(
                        Reason.CONFLICT, "image " + image.shortHex() + " is being used by container " + user.getKey());
            }
        }
    }

    /** @param top the image's uppermost layer, whose root the container's is to be like */
    private void make(Path folder, Digest image, Path top) throws IOException {
        Path made = Files.createTempDirectory(folders.incoming(), "");
        Files.createDirectory(made.resolve(UPPER));
        Files.createDirectory(made.resolve(WORK));
        Files.createSymbolicLink(made.resolve(IMAGE_LINK), folder.relativize(folders.image(image)));
        // the root of an overlay mount has the owner and mode of its upper folder
        try (OpenDirectory below = OpenDirectory.open(top);
                OpenDirectory parts = OpenDirectory.open(made)) {
            FileStatus root = below.status(".").orElseThrow(() -> new NoSuchFileException(top.toString()));
            parts.chown(UPPER, root.uid(), root.gid());
            parts.chmod(UPPER, root.permissions());
        }
        Files.move(made, folder);
    }

    /**
     * The init layer, then the image's from the top down, as far as anything shows: overlayfs ignores an opaque mark on a
     * layer's own root.
     */
    private List<Path> lower(List<LayerRecord> layers) {
        List<Path> lower = new ArrayList<>(List.of(folders.initLayer()));
        for (LayerRecord layer : layers.reversed()) {
            lower.add(folders.unpacked().resolve(layer.folder()));
            if (layer.hidesLower()) {
                break;
            }
        }
        return Collections.unmodifiableList(lower);
    }

    private static void requireId(String containerId) {
        if (!CONTAINER_ID.matcher(containerId).matches()) {
            throw new IllegalArgumentException("not a container ID: " + containerId);
        }
    }
}
