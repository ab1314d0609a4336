package io.flotilla.app;

import io.flotilla.agent.Instance;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folders of one instance and what marks it as running: a lock held for as long as its process lives, and the file of
 * its pid and socket.
 */
public final class InstanceHome {
    private final Path dataDir;

    public InstanceHome(Path dataDir) {
        this.dataDir = dataDir;
    }

    public Path dataDir() {
        return dataDir;
    }

    /** On a tmpfs: gone after a reboot, as are the kernel objects it speaks of. */
    public static Path runDir(Identity identity) {
        return Path.of("/run/flotilla", identity.instance());
    }

    /** What the agent calls this instance in the kernel. */
    public Instance instance(Identity identity) {
        return new Instance(identity.instance(), dataDir, runDir(identity));
    }

    /** Where Docker clients connect when no --socket says otherwise. */
    public Path defaultSocket() {
        return dataDir.equals(Options.DEFAULT_DATA_DIR)
                ? Path.of("/run/flotilla/flotilla.sock")
                : dataDir.resolve("flotilla.sock");
    }

    public Path identityFile() {
        return dataDir.resolve("instance.json");
    }

    /** Present when `demo` made the instance, whatever became of its start: `demo --down` then removes all of it. */
    public Path demoMark() {
        return dataDir.resolve("made-by-demo");
    }

    private Path runningFile() {
        return dataDir.resolve("running.json");
    }

    /** Makes the data folder; other users may pass through to a socket in it, and read nothing. */
    public void create() throws IOException {
        Files.createDirectories(
                dataDir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    }

    /** The lock of a running instance; empty when another process holds it. Released when this process ends. */
    public Optional<FileLock> lock() throws IOException {
        FileChannel channel =
                FileChannel.open(dataDir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
        }
        return Optional.ofNullable(lock);
    }

    /** Written once the instance answers. */
    public void markRunning(Running running) throws IOException {
        Path next = runningFile().resolveSibling("running.json.next");
        Files.write(next, Json.write(running));
        Files.move(next, runningFile(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The instance's process, if it runs: the file may be left over from one that was killed. */
    public Optional<Running> running() throws IOException {
        if (!Files.exists(runningFile())) {
            return Optional.empty();
        }
        Running running = Json.read(Files.readAllBytes(runningFile()), Running.class);
        return running.process().isPresent() ? Optional.of(running) : Optional.empty();
    }

    /**
     * @param startedAtMs of the process, which tells it from a later one with its pid
     * @param socket where it answers
     */
    public record Running(long pid, long startedAtMs, String socket) {
        /** This process. */
        static Running self(Path socket) {
            ProcessHandle self = ProcessHandle.current();
            return new Running(self.pid(), startOf(self), socket.toString());
        }

        /** The process as long as it lives. */
        public Optional<ProcessHandle> process() {
            return ProcessHandle.of(pid).filter(handle -> startOf(handle) == startedAtMs);
        }

        private static long startOf(ProcessHandle handle) {
            return handle.info()
                    .startInstant()
                    .map(java.time.Instant::toEpochMilli)
                    .orElse(0L);
        }
    }

    /** The identity chosen at the first start; null before it. */
    public @Nullable Identity identity() throws IOException {
        return Files.exists(identityFile()) ? Json.read(Files.readAllBytes(identityFile()), Identity.class) : null;
    }
}
