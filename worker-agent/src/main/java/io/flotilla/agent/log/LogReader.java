package io.flotilla.agent.log;

import java.io.IOException;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log from the oldest file to the newest and, when following, on from there through rotations, woken by the writer.
 * It takes lines only when asked, so a slow client costs one buffer. Used by one thread; interrupting it ends a wait.
 */
public final class LogReader implements AutoCloseable {
    private final ContainerLog log;
    private final LogQuery query;
    private final LineDecoder decoder = new LineDecoder();
    private final Deque<LogFile> files;
    private final long lastGeneration;
    private final long lastSizeBytes;
    private final Backlog backlog;
    private boolean done;

    LogReader(ContainerLog log, LogQuery query) throws IOException {
        this.log = log;
        this.query = query;
        ContainerLog.Opened opened = log.openAll(query.follow());
        this.files = opened.files();
        this.lastGeneration = opened.generation();
        this.lastSizeBytes = opened.sizeBytes();
        this.backlog = opened.backlog();
        if (query.tail() >= 0) {
            seekTail(query.tail());
        }
    }

    private void seekTail(long lines) throws IOException {
        long missing = lines;
        int unread = files.size();
        for (var newestFirst = files.descendingIterator();
                newestFirst.hasNext() && (missing > 0 || unread == files.size()); ) {
            LogFile file = newestFirst.next();
            LogFile.Tail tail = file.tail(missing, limit(file));
            file.seek(tail.positionBytes());
            missing -= tail.lines();
            unread--;
        }
        for (; unread > 0; unread--) {
            files.removeFirst().close();
        }
    }

    private long limit(LogFile file) throws IOException {
        return file.generation() == lastGeneration ? lastSizeBytes : file.sizeBytes();
    }

    /** What a reader has to do before it waits for the writer, such as to hand on what it has gathered. */
    public interface Pause {
        void begins() throws InterruptedException;
    }

    /** For who gathers nothing. */
    public @Nullable LogEntry next() throws IOException, InterruptedException {
        return next(() -> {});
    }

    /**
     * The next line; waits for it when following.
     *
     * @param pause told before each wait
     * @return null at the end: of what there was when reading began, or when following, when the container has ended
     */
    public @Nullable LogEntry next(Pause pause) throws IOException, InterruptedException {
        while (!done) {
            LogFile file = files.peekFirst();
            if (file == null) {
                return null;
            }
            LogEntry entry = file.next(decoder, query.follow() ? Long.MAX_VALUE : limit(file));
            if (entry == null) {
                advance(file, pause);
            } else if (query.untilNanos() > 0 && entry.timeNanos() > query.untilNanos()) {
                done = true;
            } else if (entry.timeNanos() >= query.sinceNanos()) {
                return entry;
            }
        }
        return null;
    }

    private void advance(LogFile file, Pause pause) throws IOException, InterruptedException {
        if (files.size() > 1) {
            files.removeFirst().close();
            return;
        }
        if (!query.follow()) {
            done = true;
            return;
        }
        pause.begins();
        LogFile next = log.awaitMore(file, backlog);
        if (next == null) {
            done = true;
        } else if (next != file) {
            // what was written to the old file between its last read and its rotation
            files.addLast(next);
        }
    }

    @Override
    public void close() throws IOException {
        done = true;
        log.leave(backlog);
        while (!files.isEmpty()) {
            files.removeFirst().close();
        }
    }
}
