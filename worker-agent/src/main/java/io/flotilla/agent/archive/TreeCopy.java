package io.flotilla.agent.archive;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.layer.ArchiveUnpacker;
import io.flotilla.agent.image.layer.TarWriter;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Copies a tree with owners, modes, times, extended attributes, hard links and devices: one thread writes it as a tar, the
 * caller's unpacks it. Neither follows a link out of its folder.
 */
public final class TreeCopy {
    private static final int PIPE_BYTES = 256 * 1024;

    private TreeCopy() {}

    /**
     * @param from whose content is copied
     * @param to an open folder in which it appears, beside what is there
     * @param as name it is to have there with the folder itself; null: only what is in it
     * @param scratch a folder for a file of this call
     */
    public static void copy(OpenDirectory from, OpenDirectory to, @Nullable String as, Path scratch)
            throws IOException {
        try (PipedInputStream in = new PipedInputStream(PIPE_BYTES);
                PipedOutputStream out = new PipedOutputStream(in)) {
            CompletableFuture<Void> written = new CompletableFuture<>();
            Thread writer = Thread.ofPlatform().name("tree-copy").daemon().start(() -> write(from, as, out, written));
            try {
                ArchiveUnpacker.unpack(in, to, "", scratch, new ArchiveUnpacker.Terms(false, null));
                // the end of a tar is before the end of the stream
                var _ = in.transferTo(OutputStream.nullOutputStream());
            } catch (ImageRefused refused) {
                in.close();
                join(writer);
                // a tar that breaks off says less than why
                result(written);
                throw new IOException(refused.getMessage(), refused);
            } finally {
                in.close();
                join(writer);
                Files.deleteIfExists(scratch.resolve("folder-times"));
            }
            result(written);
        }
    }

    private static void write(
            OpenDirectory from, @Nullable String as, PipedOutputStream out, CompletableFuture<Void> written) {
        try (out) {
            TarWriter tar = new TarWriter(out);
            TreeTar tree = new TreeTar(tar, false);
            if (as == null) {
                tree.content(from, "");
            } else {
                tree.member(from, ".", as);
            }
            tar.finish();
            written.complete(null);
        } catch (IOException | RuntimeException e) {
            written.completeExceptionally(e);
        }
    }

    private static void join(Thread writer) throws InterruptedIOException {
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("copying a tree was interrupted");
        }
    }

    private static void result(CompletableFuture<Void> written) throws IOException {
        if (written.isCompletedExceptionally()) {
            Throwable failure = written.exceptionNow();
            throw new IOException("reading a tree to copy failed: " + failure.getMessage(), failure);
        }
    }
}
