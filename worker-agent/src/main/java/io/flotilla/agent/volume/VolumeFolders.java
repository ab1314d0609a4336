package io.flotilla.agent.volume;

import io.flotilla.agent.image.content.DurableFile;
import io.flotilla.agent.image.content.Tree;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the volumes lie: a folder each with its record and its content, as Docker's, put together elsewhere and renamed, so
 * that it is whole or not there. Nothing is ever deleted through a mount. Names of folders that are no volume's begin with a
 * dot, which no volume's does.
 */
final class VolumeFolders {
    private static final String CONTENT = "_data";
    private static final String RECORD = "volume.json";

    private final Path root;
    private final Path attempts;
    private final Path removed;

    VolumeFolders(Path root) {
        this.root = root;
        this.attempts = root.resolve(".new");
        this.removed = root.resolve(".removed");
    }

    /** Makes what is missing, and throws away what a crash has left half made or half removed. */
    void open() throws IOException {
        Files.createDirectories(root);
        for (Path leftover : List.of(attempts, removed, work())) {
            if (Files.isDirectory(leftover, LinkOption.NOFOLLOW_LINKS)) {
                delete(leftover);
            }
            Files.createDirectory(
                    leftover, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        for (Path folder : folders()) {
            if (!Files.exists(folder.resolve(RECORD))) {
                // of a removal that a crash ended
                delete(folder);
            }
        }
    }

    private List<Path> folders() throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(
                root, path -> !path.getFileName().toString().startsWith("."))) {
            List<Path> found = new ArrayList<>();
            folders.forEach(found::add);
            return found;
        }
    }

    Path content(String name) {
        return root.resolve(name).resolve(CONTENT);
    }

    /** For what is put together before it shows in a volume; on the volumes' file system. */
    Path work() {
        return root.resolve(".work");
    }

    List<VolumeRecord> records() throws IOException {
        List<VolumeRecord> records = new ArrayList<>();
        for (Path folder : folders()) {
            records.add(Codec.JSON.decode(Files.readAllBytes(folder.resolve(RECORD)), VolumeRecord.class));
        }
        return records;
    }

    void make(VolumeRecord volume) throws IOException {
        Path attempt = Files.createTempDirectory(attempts, "volume");
        Path content = Files.createDirectory(attempt.resolve(CONTENT));
        // both without the process's umask
        Files.setPosixFilePermissions(content, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(attempt, PosixFilePermissions.fromString("rwx-----x"));
        DurableFile.replace(attempt.resolve(RECORD), Codec.JSON.encode(volume));
        Files.move(attempt, root.resolve(volume.name()), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(root, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /** The volume is gone when this returns, also after a crash; its content may take longer. */
    void remove(String name) throws IOException {
        Path discarded = Files.createTempDirectory(removed, "volume");
        requireUnmounted(root.resolve(name));
        Files.move(root.resolve(name), discarded.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        delete(discarded);
    }

    long sizeBytes(String name) throws IOException {
        return Tree.sizeBytes(content(name));
    }

    private static void delete(Path tree) throws IOException {
        for (Path mounted : HostMounts.below(tree).reversed()) {
            HostMounts.unmount(mounted);
        }
        requireUnmounted(tree);
        Tree.delete(tree);
    }

    private static void requireUnmounted(Path tree) throws IOException {
        List<Path> mounted = HostMounts.below(tree);
        if (!mounted.isEmpty()) {
            throw new IOException(mounted.getFirst() + " is still mounted: nothing is deleted there");
        }
    }
}
