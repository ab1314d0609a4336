package io.flotilla.agent.image;

import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.content.DurableFile;
import io.flotilla.agent.image.content.Tree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the store keeps what, all on one file system so that renames join them. An image exists once its record is in
 * {@code images}; everything that no record leads to is garbage of an operation that did not finish.
 *
 * <p>Layer blobs stay beside the unpacked layers, as they came: a tar made again from the files would have other bytes and so
 * another digest, and compressing differs between library versions. That costs disk, and lets every node serve the image to
 * its peers and registries unchanged.
 *
 * @param images hex of the image's ID + .json
 * @param layers hex of the layer's diff ID + .json
 * @param blobs configurations and layers by hex of their own digest
 * @param unpacked overlay lower folders by short name: all paths of one mount have to fit in a page (mount(2))
 * @param writable by container ID
 * @param incoming one folder for each load at work
 * @param trash what is being deleted
 */
record StoreFolders(
        Path root, Path images, Path layers, Path blobs, Path unpacked, Path writable, Path incoming, Path trash) {

    private static final String INIT_LAYER = "0";

    static StoreFolders create(Path root) throws IOException {
        StoreFolders folders = new StoreFolders(
                root,
                root.resolve("images"),
                root.resolve("layers"),
                root.resolve("blobs/sha256"),
                root.resolve("l"),
                root.resolve("rw"),
                root.resolve("incoming"),
                root.resolve("trash"));
        Files.createDirectories(root);
        // images have set-user-ID programs and secrets of their own: only root may reach them
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
        for (Path folder : List.of(
                folders.images,
                folders.layers,
                folders.blobs,
                folders.unpacked,
                folders.writable,
                folders.incoming,
                folders.trash)) {
            Files.createDirectories(folder);
        }
        InitLayer.complete(folders.initLayer());
        return folders;
    }

    Path image(Digest id) {
        return images.resolve(id.hex() + ".json");
    }

    Path layer(Digest diffId) {
        return layers.resolve(diffId.hex() + ".json");
    }

    Path blob(Digest digest) {
        return blobs.resolve(digest.hex());
    }

    Path initLayer() {
        return unpacked.resolve(INIT_LAYER);
    }

    /** Takes the path away at once, so that a crash in the long deletion leaves nothing half there. */
    Path discard(Path path) throws IOException {
        Path discarded = Files.createTempDirectory(trash, "");
        Files.move(path, discarded.resolve(path.getFileName()));
        return discarded;
    }

    void delete(Path path) throws IOException {
        Tree.delete(discard(path));
    }

    /** Deletes what operations of an earlier process left. */
    void clearLeftovers() throws IOException {
        for (Path folder : List.of(incoming, trash)) {
            for (Path leftover : content(folder)) {
                Tree.delete(leftover);
            }
        }
        for (Path file : content(images)) {
            if (file.getFileName().toString().endsWith(DurableFile.ATTEMPT_SUFFIX)) {
                Files.delete(file);
            }
        }
    }

    static List<Path> content(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return new ArrayList<>(entries.toList());
        }
    }
}
