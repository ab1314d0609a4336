package io.flotilla.agent.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The files that rotation has removed and a follower has not read yet: held by their descriptors, so that a container which
 * writes faster than its log is read loses no lines of it to that follower. What is held is bounded, since it takes disk
 * space beyond max-size; of more the oldest goes. Guarded by the lock of its {@link ContainerLog}.
 */
final class Backlog {
    /** Descriptors are dearer than bytes, when max-size is small. */
    static final int MOST_FILES = 256;

    private final long mostBytes;
    private final Deque<LogFile> files = new ArrayDeque<>();
    private long bytes;
    /** The newest generation the follower has, opened or held. */
    private long newest;

    private boolean misses;

    /** @param newest generation of the newest file the follower has opened */
    Backlog(long newest, long mostBytes) {
        this.newest = newest;
        this.mostBytes = mostBytes;
    }

    /** The follower has the file, it need not be held. */
    void opened(long generation) {
        newest = Math.max(newest, generation);
    }

    /** A file is about to be removed. */
    void hold(long generation, Path path) throws IOException {
        if (generation <= newest) {
            return;
        }
        newest = generation;
        boolean held = false;
        try {
            LogFile file = new LogFile(generation, FileChannel.open(path, StandardOpenOption.READ));
            held = true;
            files.addLast(file);
            bytes += file.sizeBytes();
            while (files.size() > MOST_FILES || bytes > mostBytes) {
                misses = true;
                next().close();
            }
        } finally {
            misses |= !held;
        }
    }

    /** Whether files were removed before the follower could read them. */
    boolean misses() {
        return misses;
    }

    /** The oldest file held, the caller's from now on; null when there is none. */
    @Nullable
    LogFile poll() throws IOException {
        return files.isEmpty() ? null : next();
    }

    private LogFile next() throws IOException {
        LogFile first = files.removeFirst();
        bytes -= first.sizeBytes();
        return first;
    }

    void close() throws IOException {
        for (LogFile file = poll(); file != null; file = poll()) {
            file.close();
        }
    }
}
