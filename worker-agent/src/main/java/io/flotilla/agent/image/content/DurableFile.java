package io.flotilla.agent.image.content;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Small files of which a crash leaves the old or the new content, never a mixture. */
public final class DurableFile {
    /** A file with this ending is an attempt that a crash ended. */
    public static final String ATTEMPT_SUFFIX = ".new";

    private DurableFile() {}

    /** On return the content is on disk under its name. */
    public static void replace(Path file, byte[] content) throws IOException {
        Path attempt = file.resolveSibling(file.getFileName() + ATTEMPT_SUFFIX);
        try (FileOutputStream out = new FileOutputStream(attempt.toFile())) {
            out.write(content);
            out.getFD().sync();
        }
        Files.move(attempt, file, StandardCopyOption.ATOMIC_MOVE);
        syncFolder(parent(file));
    }

    public static void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            syncFolder(parent(file));
        }
    }

    private static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " is no file");
        }
        return parent;
    }

    /** A rename or removal survives a power loss only when the folder was synced too (fsync(2)). */
    private static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
