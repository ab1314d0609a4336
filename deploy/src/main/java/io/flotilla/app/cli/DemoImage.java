package io.flotilla.app.cli;

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
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A docker-archive with one layer: a static busybox of this host. Two megabytes, so it is made in memory. */
final class DemoImage {
    static final String REFERENCE = "flotilla-demo:latest";

    private static final String CREATED = "2026-01-01T00:00:00Z";

    private DemoImage() {}

    /** @param busybox a statically linked busybox, as Debian's busybox-static installs */
    static byte[] archive(Path busybox) throws IOException {
        byte[] layer = layer(Files.readAllBytes(busybox));
        String diffId = sha256(layer);
        ObjectNode config = Codec.JSON.mapper().createObjectNode();
        config.put("architecture", "aarch64".equals(System.getProperty("os.arch")) ? "arm64" : "amd64")
                .put("os", "linux")
                .put("created", CREATED);
        config.putObject("config").putArray("Cmd").add("sh");
        config.withObject("/config").putArray("Env").add("PATH=/bin");
        config.putObject("rootfs").put("type", "layers").putArray("diff_ids").add("sha256:" + diffId);
        config.putArray("history").addObject().put("created", CREATED).put("created_by", "busybox-static");
        byte[] configJson = Codec.JSON.encode(config);
        String configName = sha256(configJson) + ".json";
        ObjectNode manifest = Codec.JSON.mapper().createObjectNode();
        manifest.put("Config", configName);
        manifest.putArray("RepoTags").add(REFERENCE);
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
            for (String folder : new String[] {"bin/", "etc/", "www/", "tmp/", "proc/", "sys/", "dev/"}) {
                TarArchiveEntry entry = new TarArchiveEntry(folder);
                entry.setMode(folder.equals("tmp/") ? 01777 : 0755);
                entry.setModTime(0);
                tar.putArchiveEntry(entry);
                tar.closeArchiveEntry();
            }
            file(tar, "bin/busybox", busybox, 0755);
            file(tar, "etc/passwd", "root:x:0:0:root:/:/bin/sh\n".getBytes(StandardCharsets.UTF_8), 0644);
            for (String applet : new String[] {"sh", "httpd", "hostname", "ls", "ps", "cat", "wget"}) {
                TarArchiveEntry link = new TarArchiveEntry("bin/" + applet, TarConstants.LF_SYMLINK);
                link.setLinkName("busybox");
                link.setModTime(0);
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
        entry.setModTime(0);
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
