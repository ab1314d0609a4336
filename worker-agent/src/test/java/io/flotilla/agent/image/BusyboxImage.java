package io.flotilla.agent.image;

import io.flotilla.agent.image.layer.TarBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A docker-archive of box:latest with this host's static busybox (Debian's busybox-static). */
public final class BusyboxImage {
    private BusyboxImage() {}

    public static byte[] archive() throws IOException {
        TarBytes layer = new TarBytes();
        for (String folder : List.of("bin", "etc", "www", "tmp", "proc", "sys", "dev")) {
            layer.folder(folder, 0755);
        }
        layer.file("bin/busybox", Files.readAllBytes(Path.of("/bin/busybox")), entry -> entry.setMode(0755));
        layer.file("etc/passwd", "root:x:0:0:root:/:/bin/sh\n");
        for (String applet : List.of("sh", "httpd", "hostname", "sleep", "cat", "echo", "id", "env", "true")) {
            layer.symlink("bin/" + applet, "busybox");
        }
        return ImageBytes.of("busybox", layer).dockerArchive("box:latest");
    }
}
