package io.flotilla.agent.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Builds small tars, well-formed or hostile, in memory. */
public final class TarBytes {
    public static final Instant TIME = Instant.parse("2024-05-06T07:08:09.5Z");

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, UTF_8.name());

    public TarBytes() {
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    public TarBytes file(String name, String content) {
        return file(name, content.getBytes(UTF_8), entry -> {});
    }

    public TarBytes file(String name, byte[] content, Consumer<TarArchiveEntry> more) {
        return add(name, TarConstants.LF_NORMAL, content, more);
    }

    public TarBytes folder(String name, int mode) {
        return add(name + "/", TarConstants.LF_DIR, new byte[0], entry -> entry.setMode(mode));
    }

    public TarBytes symlink(String name, String target) {
        return add(name, TarConstants.LF_SYMLINK, new byte[0], entry -> entry.setLinkName(target));
    }

    public TarBytes hardLink(String name, String target) {
        return add(name, TarConstants.LF_LINK, new byte[0], entry -> entry.setLinkName(target));
    }

    public TarBytes device(String name, byte type, int major, int minor) {
        return add(name, type, new byte[0], entry -> {
            entry.setDevMajor(major);
            entry.setDevMinor(minor);
            entry.setMode(0640);
        });
    }

    /** A pax header with a value that is not text, for the member added next. */
    public TarBytes paxHeader(String key, byte[] value) {
        int rest = key.length() + value.length + 3;
        int length = rest + Integer.toString(rest).length();
        if (Integer.toString(length).length() > Integer.toString(rest).length()) {
            length++;
        }
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        line.writeBytes((length + " " + key + "=").getBytes(UTF_8));
        line.writeBytes(value);
        line.write('\n');
        return add("PaxHeaders/next", TarConstants.LF_PAX_EXTENDED_HEADER_LC, line.toByteArray(), entry -> {});
    }

    public TarBytes add(String name, byte type, byte[] content, Consumer<TarArchiveEntry> more) {
        try {
            TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
            entry.setSize(content.length);
            entry.setMode(0644);
            entry.setLastModifiedTime(FileTime.from(TIME));
            more.accept(entry);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public byte[] bytes() {
        try {
            tar.finish();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] gzip(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    public static byte[] zstd(byte[] content) {
        return Zstd.compress(content);
    }
}
