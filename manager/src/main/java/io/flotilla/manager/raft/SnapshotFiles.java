package io.flotilla.manager.raft;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.MD5FileUtil;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes snapshots, one at a time, each on a thread of its own. A snapshot is known to Ratis only when its bytes, its
 * checksum and its name are on disk.
 */
final class SnapshotFiles {
    private static final Logger LOG = Logger.getLogger(SnapshotFiles.class);
    private static final int BUFFER_BYTES = 64 * 1024;

    private final SimpleStateMachineStorage storage;
    private final Consumer<Throwable> bug;
    private volatile boolean closed;
    private @Nullable CompletableFuture<Long> underWay;

    SnapshotFiles(SimpleStateMachineStorage storage, Consumer<Throwable> bug) {
        this.storage = storage;
        this.bug = bug;
    }

    /** The index of the snapshot at hand: the one being written, the newest if nothing was applied since, or a new one. */
    synchronized CompletableFuture<Long> write(TermIndex at, Supplier<StateMachine.SnapshotWriter> capture) {
        if (closed) {
            return CompletableFuture.failedFuture(new RaftException.Unavailable("the log is closed", null));
        }
        if (underWay != null) {
            return underWay;
        }
        SingleFileSnapshotInfo newest = storage.getLatestSnapshot();
        if (at.getIndex() < 0 || newest != null && newest.getIndex() >= at.getIndex()) {
            return CompletableFuture.completedFuture(newest == null ? 0 : newest.getIndex());
        }
        StateMachine.SnapshotWriter writer = capture.get();
        var outcome = new CompletableFuture<Long>();
        underWay = outcome;
        Thread.ofPlatform().daemon().name("raft-snapshot").start(() -> write(at, writer, outcome));
        return outcome;
    }

    /** What is being written is given up. */
    void close() {
        closed = true;
    }

    private void write(TermIndex at, StateMachine.SnapshotWriter writer, CompletableFuture<Long> outcome) {
        Throwable failure = null;
        try {
            writeFile(at, writer);
        } catch (IOException e) {
            failure = e;
            if (!closed) {
                // the log grows on until one succeeds; Ratis asks for the next after the next entry
                LOG.errorf(e, "snapshot at index %d", at.getIndex());
            }
        } catch (RuntimeException | Error e) {
            failure = e;
            bug.accept(e);
        }
        synchronized (this) {
            underWay = null;
        }
        if (failure == null) {
            outcome.complete(at.getIndex());
        } else {
            outcome.completeExceptionally(
                    new RaftException.Unavailable("snapshot at index " + at.getIndex() + " failed", failure));
        }
    }

    private void writeFile(TermIndex at, StateMachine.SnapshotWriter writer) throws IOException {
        Path file = storage.getSnapshotFile(at.getTerm(), at.getIndex()).toPath();
        Path part = file.resolveSibling(file.getFileName() + ".part");
        MessageDigest md5 = MD5FileUtil.newMD5();
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            OutputStream out = new BufferedOutputStream(
                    new DigestOutputStream(new Abandonable(Channels.newOutputStream(channel)), md5), BUFFER_BYTES);
            writer.writeTo(out);
            out.flush();
            channel.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
        MD5Hash digest = MD5Hash.newInstance(md5.digest());
        MD5FileUtil.saveMD5File(file.toFile(), digest);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
        SingleFileSnapshotInfo unused = storage.updateLatestSnapshot(
                new SingleFileSnapshotInfo(new FileInfo(file, digest), at.getTerm(), at.getIndex()));
    }

    private final class Abandonable extends FilterOutputStream {
        Abandonable(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (closed) {
                throw new IOException("the log is closed");
            }
            out.write(bytes, offset, length);
        }
    }
}
