package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.none;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.texts;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.seccomp.SeccompFilters;
import io.flotilla.agent.runtime.linux.syscall.ChildProcess;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Containers run by an installed OCI runtime, crun or runc: the one other program the agent ever executes, by its own system
 * calls as any container's command. It gets a bundle in the container's run folder and a mount namespace with the root file
 * system, runs the container in the foreground, ends with its exit code, and outlives the agent.
 */
record OciLaunch(HostKernel host, Cgroups cgroups, SeccompFilters seccomp, String monitorGroup) {
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_BYTES = 8;
    private static final int MNT_DETACH = 2;
    private static final long START_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int LOOK_MS = 1000;
    private static final int IN_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int IN_CLOSE_WRITE = 8;
    private static final int IN_MOVED_TO = 0x80;
    private static final int EVENTS_BYTES = 4096;
    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;
    private static final int OTHER = 128;

    /**
     * The runtime's own process, which ends with the container.
     *
     * @param container the container's first process; of one that has ended already maybe only its pid is known
     */
    record Monitor(RunningProcess process, int pidfd, RunningProcess container) {}

    Monitor start(
            RuntimeSpec spec, Path program, String group, RunFolder folder, Launch.Stdio stdio, Descriptors descriptors)
            throws IOException {
        if (!Files.isExecutable(program)) {
            throw new RuntimeFailure(
                    "OCI runtime " + program + " is not installed on this host: unknown", OTHER, false, null);
        }
        cgroups.create(monitorGroup, Resources.UNLIMITED, List.of());
        Path bundle = Files.createDirectories(folder.oci());
        Files.write(bundle.resolve("config.json"), OciConfig.of(spec, folder.rootMountPoint(), group, seccomp));
        Files.deleteIfExists(pidFile(folder));
        int events = watch(bundle, descriptors);
        Outcome outcome = ChildProcess.run(
                program(spec, program, folder, stdio, descriptors), ContainerProgram.cloneFlag(NamespaceType.MOUNT));
        if (!(outcome instanceof Outcome.Executing(int pid, int pidfd))) {
            throw new RuntimeFailure(
                    "OCI runtime " + program + " could not be executed: " + outcome, OTHER, false, null);
        }
        try {
            long startTime = ProcessStat.read(pid)
                    .orElseThrow(() -> new IllegalStateException("a child of ours is gone before it was reaped"))
                    .startTimeTicks();
            var monitor = new RunningProcess(pid, startTime);
            folder.writeMonitor(monitor);
            return new Monitor(monitor, pidfd, awaitStart(program, folder, pidfd, events));
        } catch (IOException | RuntimeException e) {
            Supervision.abort(pidfd);
            throw e;
        }
    }

    private static Path pidFile(RunFolder folder) {
        return folder.oci().resolve("pid");
    }

    private static Path logFile(RunFolder folder) {
        return folder.oci().resolve("log");
    }

    private static int watch(Path bundle, Descriptors descriptors) throws KernelException {
        int events = Libc.inotify_init1(IN_NONBLOCK_CLOEXEC);
        if (events < 0) {
            throw new KernelException("inotify_init1", "", Libc.errno());
        }
        descriptors.adopt(events);
        if (Libc.inotify_add_watch(events, bundle.toString(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
            throw new KernelException("inotify_add_watch", bundle.toString(), Libc.errno());
        }
        return events;
    }

    private SyscallProgram program(
            RuntimeSpec spec, Path runtime, RunFolder folder, Launch.Stdio stdio, Descriptors descriptors)
            throws IOException {
        var overlay = OverlayRoot.of(spec.root(), folder, host.overlayIndex());
        Map<Path, Integer> joins = ContainerLaunch.openAll(cgroups.joinFiles(monitorGroup), descriptors);
        var program = new SyscallProgram();
        var steps = new Steps(program);
        var own = new ProcessSteps(steps, spec.process(), host);
        ChildProcess.nameStep(program);
        own.defaultSignals();
        joins.forEach((path, fd) -> steps.add("join cgroup " + path, Syscall.WRITE, value(fd), text("0"), value(1)));
        own.newSession();
        own.takeStdio(stdio);
        own.closeAllFrom(ProcessSteps.FIRST_FD_AFTER_STDIO);
        steps.mount("make mounts private", "none", "/", "", MountOptions.MS_REC | MountOptions.MS_PRIVATE, "");
        for (Path other : cgroups.otherHierarchies()) {
            // crun 1.8 refuses hosts with both versions, and makes groups in systemd's hierarchy that nobody removes
            steps.add("leave out " + other, Syscall.UMOUNT2, text(other.toString()), value(MNT_DETACH));
        }
        if (overlay.folder() != null) {
            steps.changeFolder("layer links", overlay.folder().toString());
        }
        String root = folder.rootMountPoint().toString();
        steps.mount("root file system", "overlay", root, "overlay", 0, overlay.data());
        steps.changeFolder("bundle", folder.oci().toString());
        steps.add(
                "signal mask",
                Syscall.RT_SIGPROCMASK,
                value(SIG_SETMASK),
                bytes(new byte[SIGSET_BYTES]),
                none(),
                value(SIGSET_BYTES));
        List<String> command = List.of(
                runtime.toString(),
                "--root",
                folder.oci().resolve("state").toString(),
                "--log",
                logFile(folder).toString(),
                "run",
                "--bundle",
                folder.oci().toString(),
                "--pid-file",
                pidFile(folder).toString(),
                spec.id());
        steps.add(
                "OCI runtime",
                Syscall.EXECVE,
                text(runtime.toString()),
                texts(command),
                texts(List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")));
        return program;
    }

    /** The runtime writes the pid file once the container runs; when it can't start it, it ends without. */
    private static RunningProcess awaitStart(Path program, RunFolder folder, int pidfd, int events) throws IOException {
        long deadline = System.nanoTime() + START_TIMEOUT_NANOS;
        try (var arena = Arena.ofConfined()) {
            MemorySegment polled = arena.allocate(16, 4);
            MemorySegment buffer = arena.allocate(EVENTS_BYTES, 8);
            while (System.nanoTime() < deadline) {
                polled.set(ValueLayout.JAVA_LONG, 0, pollIn(events));
                polled.set(ValueLayout.JAVA_LONG, 8, pollIn(pidfd));
                Libc.poll(polled.address(), 2, LOOK_MS);
                Libc.read(events, buffer.address(), EVENTS_BYTES);
                boolean ended = polled.get(ValueLayout.JAVA_SHORT, 14) != 0;
                String written = content(pidFile(folder));
                if (!written.isEmpty()) {
                    int pid = Integer.parseInt(written);
                    return new RunningProcess(
                            pid,
                            ProcessStat.read(pid)
                                    .map(ProcessStat::startTimeTicks)
                                    .orElse(0L));
                }
                if (ended) {
                    throw refused(program, content(logFile(folder)));
                }
            }
        }
        throw new RuntimeFailure("OCI runtime " + program + " did not start the container in time", OTHER, true, null);
    }

    private static long pollIn(int fd) {
        return 1L << 32 | fd;
    }

    private static String content(Path file) throws IOException {
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** As dockerd reads the reason of an exit code from a runtime's message. */
    private static RuntimeFailure refused(Path program, String log) {
        boolean missing = log.contains("not found") || log.contains("o such file or directory");
        boolean denied =
                log.contains("ermission denied") || log.contains("not permitted") || log.contains("is a directory");
        return new RuntimeFailure(
                "OCI runtime create failed: " + program.getFileName() + ": "
                        + (log.isEmpty() ? "it ended without a message" : log) + ": unknown",
                missing ? NOT_FOUND : denied ? NOT_EXECUTABLE : OTHER,
                false,
                null);
    }
}
