package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A container's folder on the run tmpfs: its stdio FIFOs, the mount point of its root (mounted in its own namespace only),
 * and the name of its cgroup. Reachable by root only.
 */
record RunFolder(Path path) {
    static RunFolder of(Path runDir, String containerId) {
        return new RunFolder(parent(runDir).resolve(containerId));
    }

    private static Path parent(Path runDir) {
        return runDir.resolve("containers");
    }

    /** Names of all containers' folders. */
    static List<String> all(Path runDir) throws IOException {
        try (Stream<Path> folders = Files.list(parent(runDir))) {
            return folders.map(folder -> folder.getFileName().toString()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    Path rootMountPoint() {
        return path.resolve("root");
    }

    Path stdin() {
        return path.resolve("stdin");
    }

    Path stdout() {
        return path.resolve("stdout");
    }

    Path stderr() {
        return path.resolve("stderr");
    }

    /** An OCI runtime's bundle and state. */
    Path oci() {
        return path.resolve("oci");
    }

    private Path monitorFile() {
        return path.resolve("monitor");
    }

    private Path keeperFile() {
        return path.resolve("keeper");
    }

    private Path groupFile() {
        return path.resolve("cgroup");
    }

    private Path links() {
        return path.resolve("layers");
    }

    boolean exists() {
        return Files.exists(groupFile());
    }

    /** Makes the folder and all in it; does nothing that exists. The cgroup's name comes last: it tells that all is there. */
    void create(String group, boolean withStdin) throws IOException {
        Files.createDirectories(path.getParent());
        Files.createDirectories(
                path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectories(rootMountPoint());
        makeFifo(stdout());
        makeFifo(stderr());
        if (withStdin) {
            makeFifo(stdin());
        }
        Files.writeString(groupFile(), group);
    }

    Optional<String> group() throws IOException {
        try {
            return Optional.of(Files.readString(groupFile(), StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    void writeKeeper(RunningProcess process) throws IOException {
        write(keeperFile(), process);
    }

    Optional<RunningProcess> keeper() throws IOException {
        return read(keeperFile());
    }

    /** Of an OCI runtime that runs the container. */
    void writeMonitor(RunningProcess process) throws IOException {
        write(monitorFile(), process);
    }

    Optional<RunningProcess> monitor() throws IOException {
        return read(monitorFile());
    }

    private static void write(Path file, RunningProcess process) throws IOException {
        Files.writeString(file, process.pid() + " " + process.startTimeTicks());
    }

    /** Empty too when the agent was killed in the middle of writing it. */
    private static Optional<RunningProcess> read(Path file) throws IOException {
        try {
            String[] words = Files.readString(file).split(" ");
            return words.length == 2
                    ? Optional.of(new RunningProcess(Integer.parseInt(words[0]), Long.parseLong(words[1])))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static void makeFifo(Path fifo) throws IOException {
        final int ownerOnly = 0600;
        if (Libc.mkfifo(fifo.toString(), ownerOnly) < 0 && Libc.errno() != Errno.EEXIST) {
            throw new KernelException("mkfifo", fifo.toString(), Libc.errno());
        }
    }

    /** A folder of symbolic links with names of a few digits, for mount options that would be too long otherwise. */
    Path linkTo(List<Path> targets) throws IOException {
        Files.createDirectories(links());
        for (int i = 0; i < targets.size(); i++) {
            Path link = links().resolve(Integer.toString(i));
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, targets.get(i));
        }
        return links();
    }

    /** Removes the folder; does nothing when it is gone. The cgroup's name goes last, so that a removal can be repeated. */
    void remove() throws IOException {
        removeTree(links());
        removeTree(oci());
        for (Path part : List.of(
                rootMountPoint(), stdin(), stdout(), stderr(), keeperFile(), monitorFile(), groupFile(), path)) {
            Files.deleteIfExists(part);
        }
    }

    private static void removeTree(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> entries = Files.walk(folder)) {
                for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(entry);
                }
            }
        }
    }
}
