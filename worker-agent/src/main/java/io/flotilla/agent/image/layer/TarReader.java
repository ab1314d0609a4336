package io.flotilla.agent.image.layer;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Compression;
import io.flotilla.agent.image.layer.TarEntry.Kind;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Reads a tar stream of unknown origin: names and attributes as the bytes they are, headers of bounded size, and whatever is
 * wrong with the stream as {@link ImageRefused}, so that callers can tell it from failures of this node. One thread.
 */
public final class TarReader {
    /** commons-compress holds names and pax headers in memory; real ones are a few kilobytes. */
    private static final int MAX_HEADER_BYTES = 1024 * 1024;

    private static final int PATH_MAX = 4095;

    private final String what;
    private final HeaderTap tap;
    private final TarArchiveInputStream tar;
    private final byte[] scratch = new byte[32 * 1024];

    /** @param what is read, for messages, such as {@code "image archive"} */
    public TarReader(InputStream in, String what) {
        this.what = what;
        this.tap = new HeaderTap(in);
        this.tar = new TarArchiveInputStream(tap, StandardCharsets.ISO_8859_1.name());
    }

    /** The next member; what was not read of the one before is skipped. Empty at the end of the archive. */
    public Optional<TarEntry> next() throws ImageRefused {
        try {
            if (tar.getCurrentEntry() != null) {
                drain(tar);
            }
            tap.startHeader();
            TarArchiveEntry entry = tar.getNextEntry();
            byte[] header = tap.endHeader();
            if (entry == null && header.length > 0 && header.length < TarConstants.DEFAULT_RCDSIZE) {
                throw new EOFException("less than a header"); // commons-compress takes it for the end
            }
            PaxRecords pax = PaxRecords.parse(header);
            return entry == null ? Optional.empty() : Optional.of(convert(entry, pax));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Reads content of the current member; -1 at its end. */
    public int read(byte[] buffer) throws ImageRefused {
        try {
            return tar.read(buffer, 0, buffer.length);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Reads what follows the end-of-archive marker, so that digests and checksums see the whole stream. */
    public void drainRest() throws ImageRefused {
        try {
            drain(tap);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void drain(InputStream in) throws IOException {
        int count;
        do {
            count = in.read(scratch, 0, scratch.length);
        } while (count > 0);
    }

    private ImageRefused unreadable(IOException cause) {
        ImageRefused refused = new ImageRefused(Reason.INVALID, what + " cannot be read: " + Compression.reason(cause));
        refused.initCause(cause);
        return refused;
    }

    private TarEntry convert(TarArchiveEntry entry, PaxRecords pax) throws ImageRefused {
        String name = pax.name().orElse(entry.getName());
        String linkTarget = pax.linkTarget().orElse(entry.getLinkName());
        if (name.length() > PATH_MAX || linkTarget.length() > PATH_MAX) {
            throw new ImageRefused(
                    Reason.INVALID,
                    what + " has a path longer than " + PATH_MAX + " bytes: "
                            + name.substring(0, Math.min(80, name.length())));
        }
        Kind kind = kind(entry, name);
        boolean device = kind == Kind.CHARACTER_DEVICE || kind == Kind.BLOCK_DEVICE;
        return new TarEntry(
                name,
                kind,
                linkTarget,
                entry.getMode() & 07777,
                entry.getLongUserId(),
                entry.getLongGroupId(),
                Optional.ofNullable(entry.getLastModifiedTime())
                        .map(time -> time.toInstant())
                        .orElse(Instant.EPOCH),
                device ? entry.getDevMajor() : 0,
                device ? entry.getDevMinor() : 0,
                pax.xattrs());
    }

    private Kind kind(TarArchiveEntry entry, String name) throws ImageRefused {
        return switch (entry.getLinkFlag()) {
            // tar before POSIX had no type for directories but a slash
            case TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL, TarConstants.LF_CONTIG ->
                name.endsWith("/") ? Kind.DIRECTORY : Kind.FILE;
            case TarConstants.LF_GNUTYPE_SPARSE -> Kind.FILE;
            case TarConstants.LF_DIR -> Kind.DIRECTORY;
            case TarConstants.LF_SYMLINK -> Kind.SYMBOLIC_LINK;
            case TarConstants.LF_LINK -> Kind.HARD_LINK;
            case TarConstants.LF_CHR -> Kind.CHARACTER_DEVICE;
            case TarConstants.LF_BLK -> Kind.BLOCK_DEVICE;
            case TarConstants.LF_FIFO -> Kind.FIFO;
            default ->
                throw new ImageRefused(
                        Reason.INVALID, what + " has \"" + name + "\" of unknown type " + entry.getLinkFlag());
        };
    }

    /** Remembers the bytes read while a header is parsed, from the first block boundary on. */
    private static final class HeaderTap extends FilterInputStream {
        private final ByteArrayOutputStream header = new ByteArrayOutputStream(TarConstants.DEFAULT_RCDSIZE * 4);
        private final byte[] one = new byte[1];
        private boolean recording;
        private long position;

        HeaderTap(InputStream in) {
            super(in);
        }

        void startHeader() {
            header.reset();
            recording = true;
        }

        byte[] endHeader() {
            recording = false;
            return header.toByteArray();
        }

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            if (count > 0) {
                if (recording) {
                    record(buffer, offset, count);
                }
                position += count;
            }
            return count;
        }

        /** By reading, so that no byte of a header passes unseen. */
        @Override
        public long skip(long count) throws IOException {
            byte[] skipped = new byte[Math.clamp(count, 0, 8192)];
            return skipped.length == 0 ? 0 : Math.max(0, read(skipped, 0, skipped.length));
        }

        private void record(byte[] buffer, int offset, int count) throws IOException {
            // the padding of the member before comes first
            long padding = header.size() > 0 ? 0 : -position & (TarConstants.DEFAULT_RCDSIZE - 1);
            int from = (int) Math.min(padding, count);
            header.write(buffer, offset + from, count - from);
            if (header.size() > MAX_HEADER_BYTES) {
                throw new IOException("a header is larger than " + MAX_HEADER_BYTES + " bytes");
            }
        }
    }
}
