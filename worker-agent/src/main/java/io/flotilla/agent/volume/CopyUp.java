package io.flotilla.agent.volume;

import io.flotilla.agent.archive.TreeCopy;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.content.Tree;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.RootView;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What a container's root has at a path, for a volume that is still empty: with owners, modes, times, extended attributes,
 * hard links and devices. The root is looked at from outside, and no link in it leads out
 * of it.
 */
final class CopyUp {
    private static final String COPY = "copy";

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
            copy(source, content, way);
        } catch (KernelException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
                throw e;
            }
        }
    }

    private static String relative(String path) {
        return path.replaceFirst("^/+", "");
    }

    private void copy(OpenDirectory source, Path content, Way way) throws IOException {
        Path folder = Files.createTempDirectory(work, "volume");
        Path copied = folder.resolve(COPY);
        try (OpenDirectory scratch = OpenDirectory.open(folder);
                OpenDirectory target = OpenDirectory.open(content)) {
            switch (way) {
                case REPLACE -> {
                    TreeCopy.copy(source, scratch, COPY, folder);
                    // rename(2): over an empty folder
                    Files.move(copied, content, StandardCopyOption.ATOMIC_MOVE);
                }
                case FILL -> {
                    TreeCopy.copy(source, scratch, COPY, folder);
                    fill(copied, content);
                    own(source, content);
                }
                case IN_PLACE -> {
                    TreeCopy.copy(source, target, null, folder);
                    own(source, content);
                }
            }
        } finally {
            Tree.delete(folder);
        }
    }

    private static void own(OpenDirectory source, Path content) throws IOException {
        FileStatus status = source.status(".").orElseThrow();
        Files.setAttribute(content, "unix:uid", status.uid());
        Files.setAttribute(content, "unix:gid", status.gid());
        Files.setAttribute(content, "unix:mode", status.permissions());
    }

    private static void fill(Path copied, Path content) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(copied)) {
            for (Path entry : entries) {
                Files.move(entry, content.resolve(entry.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    static boolean isEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }
}
