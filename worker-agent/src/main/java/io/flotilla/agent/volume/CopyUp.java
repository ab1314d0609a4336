package io.flotilla.agent.volume;

import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.content.Tree;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.RootView;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/**
 * What a container's root has at a path, for a volume that is still empty: with owners, modes, times, extended attributes,
 * hard links and devices, as coreutils' cp -a keeps them. The root is looked at from outside, and no link in it leads out
 * of it.
 */
final class CopyUp {
    private static final long LONGEST_COPY_MINUTES = 30;
    private static final int MOST_COMPLAINT_BYTES = 4_096;

    private final Path work;

    /** @param work a folder of the volumes' file system; what a crash leaves there is thrown away */
    CopyUp(Path work) {
        this.work = work;
    }

    /** How the copy gets to its place. */
    enum Way {
        /** Nobody uses the folder: it is replaced as a whole. */
        REPLACE,
        /** Someone may look at it: what is copied appears name by name, and no link made meanwhile is followed. */
        FILL,
        /** A mounted file system nobody uses yet. */
        IN_PLACE
    }

    /** Does nothing when the folder has content or the root has no folder at the path. */
    void run(Snapshot root, String path, Path content, Way way) throws IOException {
        if (!isEmpty(content)) {
            return;
        }
        RuntimeSpec spec = RuntimeSpecBuilder.builder()
                .id("copy-up")
                .root(new RuntimeSpec.Root(root.lower(), root.upper(), root.work(), true))
                .build();
        try (RootView view = RootView.ofStopped(spec, false, false);
                OpenDirectory source = view.root().resolve(relative(path))) {
            copy(source.descriptorPath(), content, way);
        } catch (KernelException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
                throw e;
            }
        }
    }

    private static String relative(String path) {
        return path.replaceFirst("^/+", "");
    }

    private void copy(Path source, Path content, Way way) throws IOException {
        if (way == Way.IN_PLACE) {
            cp(source, content);
            return;
        }
        Path staging = Files.createTempDirectory(work, "copy");
        try {
            cp(source, staging);
            if (way == Way.REPLACE) {
                // rename(2): over an empty folder
                Files.move(staging, content, StandardCopyOption.ATOMIC_MOVE);
            } else {
                fill(staging, content);
            }
        } finally {
            Tree.delete(staging);
        }
    }

    private static void fill(Path staging, Path content) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(staging)) {
            for (Path entry : entries) {
                Files.move(entry, content.resolve(entry.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    private static void cp(Path source, Path target) throws IOException {
        Process cp = new ProcessBuilder("cp", "-a", "--", source + "/.", target + "/")
                .redirectErrorStream(true)
                .start();
        try {
            cp.getOutputStream().close();
            // cp says nothing but complaints: its pipe is full only when it fails, and is then read to the end
            byte[] complaint = cp.getInputStream().readNBytes(MOST_COMPLAINT_BYTES);
            var _ = cp.getInputStream().transferTo(OutputStream.nullOutputStream());
            if (!cp.waitFor(LONGEST_COPY_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(
                        "copying into a new volume took longer than " + LONGEST_COPY_MINUTES + " minutes");
            }
            if (cp.exitValue() != 0) {
                throw new IOException(
                        "copying into a new volume failed: " + new String(complaint, StandardCharsets.UTF_8).strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("copying into a new volume was interrupted");
        } finally {
            cp.destroyForcibly();
        }
    }

    static boolean isEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }
}
