package io.flotilla.agent.archive;

import io.flotilla.agent.image.InitLayer;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.util.Optional;

/**
 * Files in a container's writable layer that are there to be mounted on: neither the container's changes nor part of an image
 * made of it. An OCI runtime may make some of its own accord, and so did this one before there was an {@link InitLayer}.
 */
final class RuntimeFiles {
    private RuntimeFiles() {}

    static boolean isKnown(String path) {
        return InitLayer.has(path) || path.equals("dev/mqueue");
    }

    /**
     * Whether the file is the runtime's alone: a folder with more in it is the container's.
     *
     * @param path of {@code name}, relative to the root, in octets
     */
    static boolean hides(OpenDirectory parent, String name, String path) throws IOException {
        if (!isKnown(path)) {
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
