package io.flotilla.agent.archive;

import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * Files the runtime makes in a container's writable layer to mount on. dockerd has them in a layer of their own below, and
 * so they are neither the container's changes nor part of an image made of it.
 */
final class RuntimeFiles {
    // moby, daemon/initlayer/setup_unix.go
    private static final Set<String> PATHS = Set.of(
            ".dockerenv",
            "dev",
            "dev/console",
            "dev/pts",
            "dev/shm",
            "dev/mqueue",
            "etc",
            "etc/hostname",
            "etc/hosts",
            "etc/mtab",
            "etc/resolv.conf",
            "proc",
            "sys");

    private RuntimeFiles() {}

    /** Whether the file is in dockerd's layer below, whatever the image has. */
    static boolean isKnown(String path) {
        return PATHS.contains(path);
    }

    /**
     * Whether the file is the runtime's alone: a folder with more in it is the container's.
     *
     * @param path of {@code name}, relative to the root, in octets
     */
    static boolean hides(OpenDirectory parent, String name, String path) throws IOException {
        if (!PATHS.contains(path)) {
            return false;
        }
        Optional<FileStatus> status = parent.status(name);
        if (status.isEmpty() || !status.get().isDirectory()) {
            // a whiteout is the container's
            return status.isEmpty() || !status.get().isWhiteout();
        }
        try (OpenDirectory inside = parent.child(name)) {
            for (String each : inside.names()) {
                if (!hides(inside, each, path + "/" + each)) {
                    return false;
                }
            }
        }
        return true;
    }
}
