package io.flotilla.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A docker-archive with this host's static busybox (Debian's busybox-static) and an /etc/passwd with user app, 1000. */
public final class BusyboxImage {
    private BusyboxImage() {}

    public static byte[] archive() throws IOException {
        byte[] layer = layer(Files.readAllBytes(Path.of("/bin/busybox")));
        String diffId = sha256(layer);
        ObjectNode config = Codec.JSON.mapper().createObjectNode();
        config.put("architecture", "amd64").put("os", "linux").put("created", "2026-01-01T00:00:00Z");
        config.putObject("config").putArray("Cmd").add("sh");
        config.withObject("/config").putArray("Env").add("PATH=/bin").add("COLOUR=blue");
        config.putObject("rootfs").put("type", "layers").putArray("diff_ids").add("sha256:" + diffId);
        byte[] configJson = Codec.JSON.encode(config);
        String configName = sha256(configJson) + ".json";
        ObjectNode manifest = Codec.JSON.mapper().createObjectNode();
        manifest.put("Config", configName).putArray("RepoTags").add("box:latest");
        manifest.putArray("Layers").add(diffId + "/layer.tar");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            file(tar, configName, configJson, 0644);
            file(tar, diffId + "/layer.tar", layer, 0644);
            file(tar, "manifest.json", ("[" + manifest + "]").getBytes(StandardCharsets.UTF_8), 0644);
        }
        return bytes.toByteArray();
    }

    private static byte[] layer(byte[] busybox) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (String folder : List.of("bin/", "etc/", "www/", "tmp/", "proc/", "sys/", "dev/")) {
                tar.putArchiveEntry(new TarArchiveEntry(folder));
                tar.closeArchiveEntry();
            }
            file(tar, "bin/busybox", busybox, 0755);
            String passwd = "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/www:/bin/sh\n";
            file(tar, "etc/passwd", passwd.getBytes(StandardCharsets.UTF_8), 0644);
            for (String applet : List.of("sh", "httpd", "hostname", "sleep", "cat", "echo", "id", "env", "true")) {
                TarArchiveEntry link = new TarArchiveEntry("bin/" + applet, TarConstants.LF_SYMLINK);
                link.setLinkName("busybox");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static void file(TarArchiveOutputStream tar, String name, byte[] content, int mode) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        entry.setMode(mode);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
