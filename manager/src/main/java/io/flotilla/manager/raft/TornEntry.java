package io.flotilla.manager.raft;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedInputStream;
import org.apache.ratis.thirdparty.com.google.protobuf.WireFormat;
import org.jboss.logging.Logger;

/**
 * The entry a process was writing when it was killed: a large one takes several write calls, so that its beginning may be in
 * the file without its end. Ratis takes it for a damaged log and does not start. It was never acknowledged, for that takes
 * the whole entry and an fsync, so that it is cut off here before Ratis looks.
 *
 * <p>Only what can be nothing else is cut off: the last entry, whose checksum, which is written last, is not there. A wrong
 * checksum is damage and left for Ratis to refuse.
 *
 * <p>A segment is "RaftLog1" and entries, each the varint of its size, a LogEntryProto and the CRC-32C of both; the rest of
 * the file is zeros (SegmentedRaftLogFormat of Ratis).
 */
final class TornEntry {
    private static final Logger LOG = Logger.getLogger(TornEntry.class);
    private static final byte[] HEADER = "RaftLog1".getBytes(StandardCharsets.US_ASCII);
    private static final int CHECKSUM_BYTES = Integer.BYTES;
    private static final int MAX_VARINT_BYTES = 5;
    /** Term, index, and the size of the data. */
    private static final int MAX_HEAD_BYTES = 32;

    private TornEntry() {}

    /**
     * Before the log is opened.
     *
     * @param storage the member's folder of its group; nothing happens where there is none
     */
    static void cutOff(Path storage) throws IOException {
        Path current = storage.resolve("current");
        if (!Files.isDirectory(current)) {
            return;
        }
        try (DirectoryStream<Path> open = Files.newDirectoryStream(current, "log_inprogress_*")) {
            for (Path segment : open) {
                OptionalLong torn = find(segment);
                if (torn.isPresent()) {
                    LOG.warnf(
                            "%s ends in an entry that was not written to its end and never acknowledged; it is cut off"
                                    + " at byte %d",
                            segment, torn.getAsLong());
                    truncate(segment, torn.getAsLong());
                }
            }
        }
    }

    private static void truncate(Path segment, long sizeBytes) throws IOException {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.truncate(sizeBytes);
            file.force(true);
        }
    }

    /** Where it begins; empty when the segment ends in a whole entry, or is damaged otherwise. */
    static OptionalLong find(Path segment) throws IOException {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.READ);
                DataInputStream in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(file)))) {
            long sizeBytes = file.size();
            if (!Arrays.equals(in.readNBytes(HEADER.length), HEADER)) {
                return OptionalLong.empty();
            }
            for (long begin = HEADER.length; begin < sizeBytes; ) {
                Entry entry = Entry.read(in, sizeBytes - begin);
                if (entry.isTerminator()) {
                    return OptionalLong.empty();
                }
                if (!entry.isWhole()) {
                    return entry.isTorn() && isZero(in) ? OptionalLong.of(begin) : OptionalLong.empty();
                }
                begin += entry.sizeBytes();
            }
            return OptionalLong.empty();
        }
    }

    private static boolean isZero(DataInputStream in) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
            if (!isZero(buffer, 0, read)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** @param isTorn without its checksum, and yet of the size it says */
    private record Entry(long sizeBytes, boolean isWhole, boolean isTorn) {
        private static final Entry TERMINATOR = new Entry(0, false, false);

        boolean isTerminator() {
            return sizeBytes == 0;
        }

        static Entry read(DataInputStream in, long leftBytes) throws IOException {
            CRC32C crc = new CRC32C();
            long length = 0;
            int head = 0;
            byte next;
            do {
                next = in.readByte();
                crc.update(next);
                length |= (long) (next & 0x7f) << 7 * head;
                head++;
            } while (next < 0 && head < MAX_VARINT_BYTES && head < leftBytes);
            if (head == 1 && next == 0) {
                return TERMINATOR;
            }
            long sizeBytes = head + length + CHECKSUM_BYTES;
            if (sizeBytes > leftBytes) {
                // room is made in the file before an entry is written to it
                return new Entry(sizeBytes, false, false);
            }
            byte[] body = in.readNBytes(Math.toIntExact(length));
            crc.update(body);
            int checksum = in.readInt();
            boolean whole = checksum == (int) crc.getValue();
            return new Entry(sizeBytes, whole, !whole && checksum == 0 && hasItsSize(body));
        }

        /**
         * Whether the size is believed: a damaged one could take in whole entries behind this one. The data are the last field
         * and say their own size; where they were not written yet, nothing else was.
         */
        private static boolean hasItsSize(byte[] body) throws IOException {
            if (isZero(body, Math.min(MAX_HEAD_BYTES, body.length), body.length)) {
                return true;
            }
            CodedInputStream fields = CodedInputStream.newInstance(body);
            for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
                if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    int length = fields.readRawVarint32();
                    return fields.getTotalBytesRead() + length == body.length;
                }
                if (!fields.skipField(tag)) {
                    return false;
                }
            }
            return false;
        }
    }
}
