package io.flotilla.agent.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * What dockerd has in every container between its image and its own layer (moby, daemon/initlayer/setup_unix.go): where the
 * runtime mounts, the file programs know a container by, and the table of mounts. One for all containers, as the top one of
 * their lower folders: overlayfs never writes there.
 */
public final class InitLayer {
    private static final Set<PosixFilePermission> PERMISSIONS = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final List<String> FOLDERS = List.of("dev", "dev/pts", "dev/shm", "etc", "proc", "sys");
    private static final List<String> FILES =
            List.of(".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf");
    private static final String MOUNTS_TABLE = "etc/mtab";

    private InitLayer() {}

    /** Whether it has the path, relative to the root. */
    public static boolean has(String path) {
        return path.equals(MOUNTS_TABLE) || FOLDERS.contains(path) || FILES.contains(path);
    }

    /** Makes it, or what a crash left out of it. */
    static void complete(Path layer) throws IOException {
        Files.createDirectories(layer);
        Files.setPosixFilePermissions(layer, PERMISSIONS);
        for (String folder : FOLDERS) {
            Files.setPosixFilePermissions(Files.createDirectories(layer.resolve(folder)), PERMISSIONS);
        }
        for (String file : FILES) {
            Path path = layer.resolve(file);
            if (!Files.exists(path)) {
                Files.createFile(path);
            }
            Files.setPosixFilePermissions(path, PERMISSIONS);
        }
        Path mountsTable = layer.resolve(MOUNTS_TABLE);
        if (!Files.exists(mountsTable, LinkOption.NOFOLLOW_LINKS)) {
            Files.createSymbolicLink(mountsTable, Path.of("/proc/mounts"));
        }
    }
}
