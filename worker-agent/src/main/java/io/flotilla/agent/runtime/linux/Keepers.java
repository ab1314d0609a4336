package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.none;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.texts;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.syscall.ChildProcess;
import io.flotilla.agent.runtime.linux.syscall.KeeperProgram;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.linux.syscall.PidFd;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Processes that hold a descriptor for a container while no agent does: a terminal's master, whose last close would hang up
 * the container, or the writing end of its stdin, whose last close would be its end of file. A keeper is a few instructions
 * in the host's namespaces, in a cgroup of its own so that a service manager that stops the agent does not stop it. It ends
 * when its container does, or its run folder goes.
 */
final class Keepers {
    /** Number of the kept descriptor in the keeper. */
    private static final int KEPT = 3;

    private static final int PROGRAM = 4;
    private static final int ABOVE = 16;
    private static final int O_CLOEXEC = Libc.O_CLOEXEC;
    private static final int SIG_SETMASK = 2;
    private static final long LAST_FD = 0xffff_ffffL;

    private final Cgroups cgroups;
    private final String group;
    private final ReadinessLoop loop;
    private boolean groupMade;

    Keepers(Cgroups cgroups, String instanceGroup, ReadinessLoop loop) {
        this.cgroups = cgroups;
        this.group = instanceGroup + "/keepers";
        this.loop = loop;
    }

    /** @param pidfd closed when the keeper has ended */
    record Keeper(RunningProcess process, SharedDescriptor pidfd, AtomicBoolean told) {
        /** It was told to end, or has. */
        boolean ended() {
            return told.get() || pidfd.number() < 0;
        }

        /** A copy of what it keeps, for the caller to close. */
        int take() throws KernelException {
            int taken = pidfd.use(fd -> Libc.pidfdGetfd(fd, KEPT));
            if (taken <= 0) {
                throw new KernelException("pidfd_getfd", "keeper " + process.pid(), Libc.errno());
            }
            return taken;
        }

        /** Closes what it keeps. Idempotent. */
        void end() {
            told.set(true);
            pidfd.signal(Removal.SIGKILL);
        }
    }

    /** Starts a keeper of the descriptor, and writes it to the container's folder: from there {@link #find} knows it. */
    Keeper keep(int fd, RunFolder folder) throws IOException {
        makeGroup();
        try (var descriptors = new Descriptors()) {
            int kept = descriptors.duplicateAbove(ABOVE, fd);
            int executable = KeeperProgram.open();
            if (executable < 0) {
                throw new KernelException("memfd_create", "keeper", Libc.errno());
            }
            int program = descriptors.duplicateAbove(ABOVE, descriptors.adopt(executable));
            int none = descriptors.duplicateAbove(ABOVE, descriptors.open(Path.of("/dev/null"), Libc.O_RDWR));
            var joins = cgroups.joinFiles(group).stream().toList();
            int[] groups = new int[joins.size()];
            for (int i = 0; i < groups.length; i++) {
                groups[i] = descriptors.duplicateAbove(ABOVE, descriptors.open(joins.get(i), Libc.O_WRONLY));
            }
            return switch (ChildProcess.run(program(kept, program, none, groups), 0)) {
                case Outcome.Executing(int pid, int pidfd) -> watch(pid, pidfd, folder);
                case Outcome failed ->
                    throw new IOException("no keeper for the container's terminal or stdin: " + failed);
            };
        }
    }

    /** Once: looking at it costs as much as starting a keeper. It stays while the instance does. */
    private synchronized void makeGroup() throws IOException {
        if (!groupMade) {
            cgroups.create(group, Resources.UNLIMITED, List.of());
            groupMade = true;
        }
    }

    private static SyscallProgram program(int kept, int executable, int devNull, int[] groups) {
        var program = new SyscallProgram();
        byte[] allSignals = new byte[8];
        Arrays.fill(allSignals, (byte) 0xff);
        ChildProcess.nameStep(program);
        program.add(
                "block signals",
                Syscall.RT_SIGPROCMASK,
                value(SIG_SETMASK),
                bytes(allSignals),
                none(),
                value(allSignals.length));
        for (int file : groups) {
            program.add("join cgroup", Syscall.WRITE, value(file), text("0"), value(1));
        }
        program.add("new session", Syscall.SETSID);
        for (int standard = 0; standard < KEPT; standard++) {
            program.add("stdio", Syscall.DUP3, value(devNull), value(standard), value(0));
        }
        program.add("kept descriptor", Syscall.DUP3, value(kept), value(KEPT), value(0));
        program.add("program", Syscall.DUP3, value(executable), value(PROGRAM), value(O_CLOEXEC));
        program.add("close descriptors", Syscall.CLOSE_RANGE, value(PROGRAM + 1), value(LAST_FD), value(0));
        program.add("root", Syscall.CHDIR, text("/"));
        program.add(
                "keeper",
                Syscall.EXECVE,
                text("/proc/self/fd/" + PROGRAM),
                texts(List.of("flotilla-keeper")),
                texts(List.of()));
        return program;
    }

    private Keeper watch(int pid, int pidfd, RunFolder folder) throws IOException {
        try {
            long startTime = ProcessStat.read(pid)
                    .orElseThrow(() -> new IllegalStateException("a child of ours is gone before it was reaped"))
                    .startTimeTicks();
            var process = new RunningProcess(pid, startTime);
            folder.writeKeeper(process);
            return watch(process, pidfd);
        } catch (IOException | RuntimeException e) {
            Supervision.abort(pidfd);
            throw e;
        }
    }

    private Keeper watch(RunningProcess process, int pidfd) throws KernelException {
        var keeper = new Keeper(process, new SharedDescriptor(pidfd), new AtomicBoolean());
        loop.add(pidfd, new ReadinessLoop.Handler() {
            @Override
            public void ready(ReadinessLoop.Registration self) {
                loop.remove(self);
                PidFd.reap(pidfd);
                keeper.pidfd().close();
            }

            @Override
            public void abandoned() {
                keeper.pidfd().close();
            }
        });
        return keeper;
    }

    /** The container's keeper, if it has one that lives. */
    Optional<Keeper> find(RunFolder folder) throws IOException {
        Optional<RunningProcess> written = folder.keeper();
        if (written.isEmpty()) {
            return Optional.empty();
        }
        int pidfd = Libc.pidfdOpen(written.get().pid());
        if (pidfd < 0) {
            return Optional.empty();
        }
        boolean same = ProcessStat.read(written.get().pid())
                .filter(stat -> stat.startTimeTicks() == written.get().startTimeTicks()
                        && stat.exitStatus().isEmpty())
                .isPresent();
        if (!same) {
            Libc.close(pidfd);
            return Optional.empty();
        }
        return Optional.of(watch(written.get(), pidfd));
    }

    /** Waits until those have left the group that were told to end; a signal is only the beginning of that. */
    void awaitEnded(int timeoutMs) throws IOException {
        for (int pid : cgroups.processes(group)) {
            int pidfd = Libc.pidfdOpen(pid);
            if (pidfd >= 0) {
                try {
                    PidFd.awaitEnd(pidfd, timeoutMs);
                } finally {
                    Libc.close(pidfd);
                }
            }
        }
    }

    /** Ends keepers that no container's folder knows: their agent was killed before it could write them there. */
    void endStrangers(List<RunFolder> folders) throws IOException {
        Set<Integer> known = new HashSet<>();
        for (RunFolder folder : folders) {
            folder.keeper().ifPresent(process -> known.add(process.pid()));
        }
        for (int pid : cgroups.processes(group)) {
            if (!known.contains(pid)) {
                int pidfd = Libc.pidfdOpen(pid);
                if (pidfd >= 0 && cgroups.processes(group).contains(pid)) {
                    Libc.pidfdSendSignal(pidfd, Removal.SIGKILL);
                }
                Libc.close(pidfd);
            }
        }
    }
}
