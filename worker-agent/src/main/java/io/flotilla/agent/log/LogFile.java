package io.flotilla.agent.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One file of a log while it is read: whole lines from the position on, through one buffer. Used by one thread. */
final class LogFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    /** The longest line: 16 KiB, each byte escaped to six, and some attributes. A longer one is not ours and skipped. */
    private static final int MOST_BUFFER_BYTES = 512 * 1024;

    private final long generation;
    private final FileChannel channel;
    private byte[] buffer = {};
    private int from;
    private int to;
    private long readBytes;

    LogFile(long generation, FileChannel channel) {
        this.generation = generation;
        this.channel = channel;
    }

    long generation() {
        return generation;
    }

    /** How much of the file has been read from it, whole lines or not. */
    long positionBytes() {
        return readBytes;
    }

    void seek(long position) {
        readBytes = position;
        from = 0;
        to = 0;
    }

    /** Decodes the next line that is one; null when there is no whole line up to {@code limitBytes} of the file now. */
    @Nullable
    LogEntry next(LineDecoder decoder, long limitBytes) throws IOException {
        int scanned = from;
        while (true) {
            int newline = indexOfNewline(scanned);
            if (newline >= 0) {
                LogEntry entry = decoder.decode(buffer, from, newline);
                from = newline + 1;
                scanned = from;
                if (entry != null) {
                    return entry;
                }
            } else {
                scanned = to - from;
                if (!fill(limitBytes)) {
                    return null;
                }
                scanned += from;
            }
        }
    }

    private int indexOfNewline(int start) {
        for (int i = start; i < to; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean fill(long limitBytes) throws IOException {
        if (from > 0) {
            System.arraycopy(buffer, from, buffer, 0, to - from);
            to -= from;
            from = 0;
        }
        if (to == buffer.length) {
            if (buffer.length >= MOST_BUFFER_BYTES) {
                to = 0;
            } else {
                buffer = Arrays.copyOf(buffer, Math.max(BUFFER_BYTES, buffer.length * 2));
            }
        }
        int room = (int) Math.min(buffer.length - to, limitBytes - readBytes);
        if (room <= 0) {
            return false;
        }
        int count = channel.read(ByteBuffer.wrap(buffer, to, room), readBytes);
        if (count <= 0) {
            return false;
        }
        to += count;
        readBytes += count;
        return true;
    }

    /** Where the last {@code lines} lines begin, and how many of them this file has. */
    Tail tail(long lines, long sizeBytes) throws IOException {
        byte[] block = new byte[BUFFER_BYTES];
        long newlines = 0;
        for (long end = sizeBytes; end > 0; ) {
            long start = Math.max(0, end - BUFFER_BYTES);
            int length = read(channel, block, start, (int) (end - start));
            for (int i = length - 1; i >= 0; i--) {
                if (block[i] == '\n') {
                    if (newlines == lines) {
                        return new Tail(start + i + 1, newlines);
                    }
                    newlines++;
                }
            }
            end = start;
        }
        return new Tail(0, newlines);
    }

    record Tail(long positionBytes, long lines) {}

    long sizeBytes() throws IOException {
        return channel.size();
    }

    /** The file's length without a last line that has no end. */
    static long endOfLastLine(FileChannel channel) throws IOException {
        byte[] block = new byte[4096];
        for (long end = channel.size(); end > 0; ) {
            long start = Math.max(0, end - block.length);
            int length = read(channel, block, start, (int) (end - start));
            for (int i = length - 1; i >= 0; i--) {
                if (block[i] == '\n') {
                    return start + i + 1;
                }
            }
            end = start;
        }
        return 0;
    }

    private static int read(FileChannel channel, byte[] into, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into, 0, length);
        while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) > 0) {
            continue;
        }
        return buffer.position();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
