package io.flotilla.agent.log;

import io.flotilla.agent.runtime.OutputSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One container's output as Docker's json-file driver keeps it: lines of JSON in a file, rotated to .1, .2 and so on.
 * Written by the runtime's reader thread, read by any number of {@link LogReader}s, which the lock below serves; nothing
 * waits for a reader: files that rotation removes are held for those who follow ({@link Backlog}). A line is at most
 * 16 KiB, longer ones are kept in parts without newline.
 */
public final class ContainerLog implements OutputSink, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ContainerLog.class);
    static final int MAX_LINE_BYTES = 16 * 1024;
    /** Of removed files for one follower, which followers of one log share on the disk. */
    private static final long MOST_HELD_BYTES = 128L << 20;

    private final Path file;
    private final LogOptions options;
    private final InstantSource clock;
    private final LineEncoder encoder;
    private final Map<Stream, Unfinished> unfinished = new EnumMap<>(Stream.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final long mostHeldBytes;
    private final List<Backlog> followers = new ArrayList<>();
    /** Null when nothing more is written. */
    private @Nullable FileChannel channel;

    private long sizeBytes;
    /** Counts rotations, so that a reader knows that its file is not the current one any more. */
    private long generation;

    private @Nullable String failure;

    /** The begin of a line whose end has not come yet. */
    private static final class Unfinished {
        private byte[] bytes = {};
        private int length;

        void add(byte[] more, int from, int to) {
            if (bytes.length < length + to - from) {
                bytes = Arrays.copyOf(bytes, Math.min(MAX_LINE_BYTES, Math.max(256, (length + to - from) * 2)));
            }
            System.arraycopy(more, from, bytes, length, to - from);
            length += to - from;
        }
    }

    private ContainerLog(Path file, LogOptions options, InstantSource clock, long mostHeldBytes) {
        this.file = file;
        this.options = options;
        this.clock = clock;
        this.mostHeldBytes = mostHeldBytes;
        this.encoder = new LineEncoder(options.attributes());
        for (Stream stream : Stream.values()) {
            unfinished.put(stream, new Unfinished());
        }
    }

    /** Goes on with the file, or begins it. A line a crash has torn is cut off. */
    static ContainerLog open(Path file, LogOptions options, InstantSource clock) throws IOException {
        return open(file, options, clock, MOST_HELD_BYTES);
    }

    /** @param mostHeldBytes of removed files, for one follower */
    static ContainerLog open(Path file, LogOptions options, InstantSource clock, long mostHeldBytes)
            throws IOException {
        ContainerLog log = new ContainerLog(file, options, clock, mostHeldBytes);
        if (options.kept()) {
            log.openFile();
        }
        return log;
    }

    /** A log nothing is written to any more. */
    static ContainerLog ended(Path file, LogOptions options) throws IOException {
        ContainerLog log = new ContainerLog(file, options, InstantSource.system(), MOST_HELD_BYTES);
        log.sizeBytes = Files.exists(file) ? Files.size(file) : 0;
        return log;
    }

    private void openFile() throws IOException {
        FileChannel opened =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        sizeBytes = LogFile.endOfLastLine(opened);
        opened.truncate(sizeBytes);
        opened.position(sizeBytes);
        channel = opened;
    }

    @Override
    public boolean write(Stream stream, ByteBuffer bytes) {
        byte[] chunk = new byte[bytes.remaining()];
        bytes.get(chunk);
        lock.lock();
        try {
            if (channel == null) {
                return true;
            }
            Instant now = clock.instant();
            split(stream, now, chunk);
            flush();
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void end(Stream stream) {
        lock.lock();
        try {
            Unfinished rest = unfinished(stream);
            if (channel != null && rest.length > 0) {
                line(stream, clock.instant(), rest, rest.bytes, 0, 0);
                flush();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Why lines are missing, null when none are. */
    public @Nullable String failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more will be written: who follows reads to the end and is done. */
    @Override
    public void close() {
        lock.lock();
        try {
            for (Stream stream : Stream.values()) {
                end(stream);
            }
            FileChannel last = channel;
            channel = null;
            // the files may be removed with the container
            for (int i = options.maxFiles() - 1; i >= 0; i--) {
                holdForFollowers(i);
            }
            changed.signalAll();
            if (last != null) {
                last.close();
            }
        } catch (IOException e) {
            failed(e);
        } finally {
            lock.unlock();
        }
    }

    /** @throws LogRefused when driver none keeps nothing to read */
    public LogReader read(LogQuery query) throws IOException, LogRefused {
        if (!options.kept()) {
            throw new LogRefused("configured logging driver does not support reading");
        }
        return new LogReader(this, query);
    }

    /** The log so far at one moment. @param begun lines whose end has not come: they are not in the file yet */
    public record Snapshot(LogReader lines, Map<Stream, byte[]> begun) {}

    /** @throws LogRefused when driver none keeps nothing to read */
    public Snapshot snapshot() throws IOException, LogRefused {
        lock.lock();
        try {
            LogReader lines = read(new LogQuery(0, 0, -1, false));
            Map<Stream, byte[]> begun = new EnumMap<>(Stream.class);
            unfinished.forEach((stream, rest) -> begun.put(stream, Arrays.copyOf(rest.bytes, rest.length)));
            return new Snapshot(lines, begun);
        } finally {
            lock.unlock();
        }
    }

    private Unfinished unfinished(Stream stream) {
        Unfinished rest = unfinished.get(stream);
        if (rest == null) {
            throw new IllegalStateException("no buffer for " + stream);
        }
        return rest;
    }

    private void split(Stream stream, Instant now, byte[] chunk) {
        Unfinished rest = unfinished(stream);
        int from = 0;
        for (int i = 0; i < chunk.length; i++) {
            boolean newline = chunk[i] == '\n';
            if (newline || rest.length + i + 1 - from == MAX_LINE_BYTES) {
                line(stream, now, rest, chunk, from, i + 1);
                from = i + 1;
            }
        }
        rest.add(chunk, from, chunk.length);
    }

    private void line(Stream stream, Instant now, Unfinished rest, byte[] text, int from, int to) {
        encoder.append(stream, now, rest.bytes, rest.length, text, from, to);
        rest.length = 0;
        // so that a file is not much larger than max-size, and the buffer not larger than some lines
        if (encoder.length() >= 128 * 1024 || full()) {
            flush();
        }
    }

    private boolean full() {
        return options.maxSizeBytes() > 0 && sizeBytes + encoder.length() >= options.maxSizeBytes();
    }

    private void flush() {
        FileChannel to = channel;
        if (encoder.length() == 0 || to == null) {
            return;
        }
        try {
            ByteBuffer buffer = ByteBuffer.wrap(encoder.buffer(), 0, encoder.length());
            while (buffer.hasRemaining()) {
                to.write(buffer);
            }
            sizeBytes += encoder.length();
            if (failure != null) {
                LOG.infof("the log %s is written again", file);
                failure = null;
            }
            if (full()) {
                rotate();
            }
            changed.signalAll();
        } catch (IOException e) {
            failed(e);
        } finally {
            encoder.clear();
        }
    }

    /** The container goes on when its log can't be written, as in Docker; the lines are lost and the reason is kept. */
    private void failed(IOException e) {
        if (failure == null) {
            LOG.warnf(e, "lines of a container are lost: its log %s can't be written", file);
        }
        failure = e.getMessage();
    }

    private void rotate() throws IOException {
        FileChannel full = channel;
        holdForFollowers(options.maxFiles() - 1);
        if (options.maxFiles() == 1) {
            // a new file and not the old one truncated: a reader of the old one keeps it
            Files.delete(file);
        } else {
            for (int i = options.maxFiles() - 1; i > 1; i--) {
                if (Files.exists(rotated(i - 1))) {
                    Files.move(rotated(i - 1), rotated(i), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            Files.move(file, rotated(1), StandardCopyOption.REPLACE_EXISTING);
        }
        generation++;
        openFile();
        if (full != null) {
            full.close();
        }
    }

    /** That a follower will miss lines is no reason not to go on with the log. */
    private void holdForFollowers(int number) {
        if (followers.isEmpty() || Files.notExists(rotated(number))) {
            return;
        }
        for (Backlog follower : followers) {
            boolean complete = !follower.misses();
            String reason = "it is read more slowly than it is written";
            try {
                follower.hold(generation - number, rotated(number));
            } catch (IOException e) {
                reason = "its file " + rotated(number) + " can't be held: " + e;
            }
            if (complete && follower.misses()) {
                LOG.warnf("one who follows the log %s misses lines, for %s", file, reason);
            }
        }
    }

    private Path rotated(int number) {
        return number == 0 ? file : file.resolveSibling(file.getFileName() + "." + number);
    }

    /** The files there are now, oldest first, and how far the last one is written. */
    record Opened(Deque<LogFile> files, long generation, long sizeBytes, Backlog backlog) {}

    /** @param follow what is removed from now on is held, until {@link #leave} */
    Opened openAll(boolean follow) throws IOException {
        lock.lock();
        try {
            Deque<LogFile> files = new ArrayDeque<>();
            for (int i = 0; i < options.maxFiles() && Files.exists(rotated(i)); i++) {
                files.addFirst(new LogFile(generation - i, FileChannel.open(rotated(i), StandardOpenOption.READ)));
            }
            Backlog backlog = new Backlog(generation, mostHeldBytes);
            if (follow) {
                followers.add(backlog);
            }
            return new Opened(files, generation, sizeBytes, backlog);
        } finally {
            lock.unlock();
        }
    }

    /** A follower is done. */
    void leave(Backlog backlog) throws IOException {
        lock.lock();
        try {
            followers.removeIf(each -> each == backlog);
            backlog.close();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for more than a follower has read.
     *
     * @return the next file; the same again when more was written to it; null when nothing more will come
     */
    @Nullable
    LogFile awaitMore(LogFile at, Backlog backlog) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                LogFile held = backlog.poll();
                if (held != null) {
                    return held;
                }
                if (at.generation() < generation) {
                    LogFile next = openAfter(at.generation());
                    backlog.opened(next.generation());
                    return next;
                }
                if (at.positionBytes() < sizeBytes) {
                    return at;
                }
                if (channel == null) {
                    return null;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The file after a generation; where that is deleted already, the oldest there is. */
    private LogFile openAfter(long readGeneration) throws IOException {
        long behind = Math.min(generation - readGeneration - 1, options.maxFiles() - 1L);
        return new LogFile(
                generation - behind, FileChannel.open(rotated(Math.toIntExact(behind)), StandardOpenOption.READ));
    }
}
