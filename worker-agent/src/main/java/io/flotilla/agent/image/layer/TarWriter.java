package io.flotilla.agent.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.flotilla.agent.image.layer.TarEntry.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.attribute.FileTime;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes a tar as {@link TarReader} reads it: names and attributes as the bytes they are, in pax records where a header has
 * no room for them. commons-compress would write these records as UTF-8, which destroys file capabilities. One thread.
 */
public final class TarWriter {
    private static final int HEADER_NAME_BYTES = 100;

    private final TarArchiveOutputStream tar;

    public TarWriter(OutputStream out) {
        tar = new TarArchiveOutputStream(out, ISO_8859_1.name());
        // longer ones are in a pax record before
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_TRUNCATE);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    }

    /**
     * Begins a member; exactly {@code sizeBytes} of content and {@link #end} have to follow.
     *
     * @param entry a folder's name ends with a slash; times are cut to seconds, as Docker's are
     */
    public void begin(TarEntry entry, long sizeBytes) throws IOException {
        byte[] records = records(entry);
        if (records.length > 0) {
            TarArchiveEntry extension =
                    new TarArchiveEntry("PaxHeaders.0/file", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
            extension.setSize(records.length);
            extension.setModTime(0L);
            tar.putArchiveEntry(extension);
            tar.write(records);
            tar.closeArchiveEntry();
        }
        TarArchiveEntry header = new TarArchiveEntry(cut(entry.name()), flag(entry.kind()), true);
        header.setLinkName(cut(entry.linkTarget()));
        header.setMode(entry.permissions());
        header.setUserId(entry.uid());
        header.setGroupId(entry.gid());
        header.setLastModifiedTime(FileTime.from(entry.modified().truncatedTo(ChronoUnit.SECONDS)));
        header.setDevMajor(entry.deviceMajor());
        header.setDevMinor(entry.deviceMinor());
        header.setSize(sizeBytes);
        tar.putArchiveEntry(header);
    }

    /** Content of the member that was begun. */
    public void write(byte[] bytes, int count) throws IOException {
        tar.write(bytes, 0, count);
    }

    public void end() throws IOException {
        tar.closeArchiveEntry();
    }

    /** Writes the end of the archive; the stream below stays open. */
    public void finish() throws IOException {
        tar.finish();
        tar.flush();
    }

    private static String cut(String octets) {
        return octets.length() > HEADER_NAME_BYTES ? octets.substring(0, HEADER_NAME_BYTES) : octets;
    }

    private static byte flag(Kind kind) {
        return switch (kind) {
            case FILE -> TarConstants.LF_NORMAL;
            case DIRECTORY -> TarConstants.LF_DIR;
            case SYMBOLIC_LINK -> TarConstants.LF_SYMLINK;
            case HARD_LINK -> TarConstants.LF_LINK;
            case CHARACTER_DEVICE -> TarConstants.LF_CHR;
            case BLOCK_DEVICE -> TarConstants.LF_BLK;
            case FIFO -> TarConstants.LF_FIFO;
        };
    }

    private static byte[] records(TarEntry entry) {
        Map<String, byte[]> records = new LinkedHashMap<>();
        if (!fits(entry.name())) {
            records.put("path", entry.name().getBytes(ISO_8859_1));
        }
        if (!fits(entry.linkTarget())) {
            records.put("linkpath", entry.linkTarget().getBytes(ISO_8859_1));
        }
        entry.xattrs().forEach((name, value) -> records.put(PaxRecords.XATTR_PREFIX + name, value));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        records.forEach((key, value) -> {
            byte[] name = (" " + key + "=").getBytes(ISO_8859_1);
            out.writeBytes(length(name.length + value.length + 1));
            out.writeBytes(name);
            out.writeBytes(value);
            out.write('\n');
        });
        return out.toByteArray();
    }

    private static boolean fits(String octets) {
        return octets.length() <= HEADER_NAME_BYTES && octets.chars().allMatch(octet -> octet < 0x80);
    }

    /** A record's length counts its own digits. */
    private static byte[] length(int rest) {
        int total = rest + Integer.toString(rest).length();
        if (Integer.toString(total).length() > Integer.toString(rest).length()) {
            total = rest + Integer.toString(total).length();
        }
        return Integer.toString(total).getBytes(US_ASCII);
    }
}
