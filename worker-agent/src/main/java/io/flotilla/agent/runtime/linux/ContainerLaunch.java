package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.seccomp.SeccompFilters;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts containers' first processes, and takes over those an earlier agent started. Callable on any platform thread. */
record ContainerLaunch(
        HostKernel host,
        Cgroups cgroups,
        SeccompFilters seccomp,
        ReadinessLoop loop,
        Keepers keepers,
        OciLaunch oci,
        MemorySegment readBuffer) {

    /** @throws IllegalArgumentException where the specification has a value no kernel understands */
    RunningContainer start(RuntimeSpec spec, String group, RunFolder folder, OutputSink output) throws IOException {
        Path runtime = spec.ociRuntime();
        if (runtime != null) {
            return startBy(runtime, spec, group, folder, output);
        }
        try (var descriptors = new Descriptors()) {
            Integer devpts = spec.process().terminal() ? devpts(spec, descriptors) : null;
            Terminal terminal = devpts == null ? null : Terminal.of(devpts);
            if (terminal != null) {
                prepare(terminal, spec.process());
            }
            Stdio stdio = stdio(spec, folder, terminal);
            try {
                Outcome.Executing child = launch(spec, group, folder, descriptors, devpts, terminal);
                return supervise(spec, group, child, stdio, output);
            } catch (IOException | RuntimeException e) {
                stdio.close();
                throw e;
            }
        }
    }

    private RunningContainer startBy(Path runtime, RuntimeSpec spec, String group, RunFolder folder, OutputSink output)
            throws IOException {
        try (var descriptors = new Descriptors()) {
            Terminal terminal = spec.process().terminal() ? Terminal.ofHost() : null;
            if (terminal != null) {
                prepare(terminal, spec.process());
            }
            Stdio stdio = stdio(spec, folder, terminal);
            try {
                Launch.Stdio child = terminal == null ? fifos(spec, folder, descriptors) : Launch.Stdio.of(terminal);
                OciLaunch.Monitor monitor = oci.start(spec, runtime, group, folder, child, descriptors);
                var watched = new Supervision.Watched(monitor.process(), new SharedDescriptor(monitor.pidfd()));
                return watch(spec, group, monitor.container(), target(monitor), watched, stdio, output);
            } catch (IOException | RuntimeException e) {
                stdio.close();
                throw e;
            }
        }
    }

    /** To signal: the container's own process, or its monitor when that has ended already. */
    private static SharedDescriptor target(OciLaunch.Monitor monitor) throws KernelException {
        int pidfd = Libc.pidfdOpen(monitor.container().pid());
        return new SharedDescriptor(pidfd >= 0 ? pidfd : Descriptors.duplicate(0, monitor.pidfd()));
    }

    static void prepare(Terminal terminal, RuntimeSpec.Process process) throws KernelException {
        try {
            terminal.prepare(process.user().uid(), process.consoleSize());
        } catch (KernelException e) {
            terminal.close();
            throw e;
        }
    }

    private Stdio stdio(RuntimeSpec spec, RunFolder folder, @Nullable Terminal terminal) throws IOException {
        try {
            return Stdio.open(spec, folder, terminal, keepers);
        } catch (IOException | RuntimeException e) {
            if (terminal != null) {
                terminal.close();
            }
            throw e;
        }
    }

    private static int devpts(RuntimeSpec spec, Descriptors descriptors) throws IOException {
        Mount mount = spec.mounts().stream()
                .filter(candidate -> candidate.type().equals("devpts"))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a terminal needs a mount of type devpts"));
        int devpts = Terminal.newDevpts(mount.options(), descriptors);
        return descriptors.duplicateAbove(ProcessSteps.ABOVE_LOW_NUMBERS, devpts);
    }

    private Outcome.Executing launch(
            RuntimeSpec spec,
            String group,
            RunFolder folder,
            Descriptors descriptors,
            @Nullable Integer devpts,
            @Nullable Terminal terminal)
            throws IOException {
        Optional<byte[]> filter = seccomp.filter(spec.seccomp(), spec.process().capabilities());
        var overlay = OverlayRoot.of(spec.root(), folder, host.overlayIndex());
        var stdio = terminal == null ? fifos(spec, folder, descriptors) : Launch.Stdio.of(terminal);
        var namespaces = Namespaces.open(spec, descriptors);
        var program = ContainerProgram.of(
                spec,
                new Launch(
                        host,
                        overlay,
                        folder.rootMountPoint(),
                        openAll(cgroups.joinFiles(group), descriptors),
                        cgroups.views(group, ContainerProgram.isNew(spec, NamespaceType.CGROUP)),
                        namespaces.forChild(),
                        stdio,
                        devpts,
                        filter));
        return switch (namespaces.run(program, ContainerProgram.cloneFlags(spec))) {
            case Outcome.Executing executing -> executing;
            case Outcome.StepFailed failed -> throw LaunchFailure.of(spec, failed);
            case Outcome.Killed killed -> throw LaunchFailure.of(killed);
            case Outcome.NotCloned refused -> throw LaunchFailure.of(refused);
        };
    }

    private static Launch.Stdio fifos(RuntimeSpec spec, RunFolder folder, Descriptors descriptors)
            throws KernelException {
        Path stdin = spec.process().openStdin() ? folder.stdin() : Path.of("/dev/null");
        return new Launch.Stdio(
                descriptors.open(stdin, Stdio.stdinEnds(spec) ? Libc.O_RDONLY : Libc.O_RDWR),
                descriptors.open(folder.stdout(), Libc.O_RDWR),
                descriptors.open(folder.stderr(), Libc.O_RDWR));
    }

    static Map<Path, Integer> openAll(List<Path> files, Descriptors descriptors) throws KernelException {
        var opened = new LinkedHashMap<Path, Integer>();
        for (Path file : files) {
            opened.put(file, descriptors.open(file, Libc.O_WRONLY));
        }
        return opened;
    }

    private RunningContainer supervise(
            RuntimeSpec spec, String group, Outcome.Executing child, Stdio stdio, OutputSink output)
            throws IOException {
        try {
            long startTime = ProcessStat.read(child.pid())
                    .orElseThrow(() -> new IllegalStateException("a child of ours is gone before it was reaped"))
                    .startTimeTicks();
            var process = new RunningProcess(child.pid(), startTime);
            var pidfd = new SharedDescriptor(child.pidfd());
            return watch(spec, group, process, pidfd, new Supervision.Watched(process, pidfd), stdio, output);
        } catch (IOException | RuntimeException e) {
            Supervision.abort(child.pidfd());
            throw e;
        }
    }

    private RunningContainer watch(
            RuntimeSpec spec,
            String group,
            RunningProcess process,
            SharedDescriptor pidfd,
            Supervision.Watched watched,
            Stdio stdio,
            OutputSink sink)
            throws KernelException {
        var output = new OutputReader("container " + spec.id(), stdio.sources(), readBuffer, sink, loop);
        var supervision = new Supervision(process, pidfd, watched, output, loop, new Supervision.ExitExtras() {
            @Override
            public boolean oomKilled() throws IOException {
                return cgroups.oomKilled(group);
            }

            @Override
            public void ended() {
                stdio.release();
            }

            @Override
            public void abandoned() {
                stdio.leave();
            }
        });
        supervision.begin();
        return RunningContainer.of(spec, group, supervision, stdio);
    }

    /**
     * Watches the process, which was found to be the container's, of whichever agent it is a child.
     *
     * @param pidfd taken over, and closed when this fails
     */
    RunningContainer adopt(
            RuntimeSpec spec, String group, RunFolder folder, RunningProcess process, int pidfd, OutputSink output)
            throws IOException {
        Stdio stdio = null;
        try {
            stdio = Stdio.reopen(spec, folder, keepers);
            var own = new SharedDescriptor(pidfd);
            return watch(spec, group, process, own, watched(folder, process, own), stdio, output);
        } catch (IOException | RuntimeException e) {
            Libc.close(pidfd);
            if (stdio != null) {
                stdio.close();
            }
            throw e;
        }
    }

    /** The OCI runtime that runs it, if one does and lives. */
    private static Supervision.Watched watched(RunFolder folder, RunningProcess process, SharedDescriptor pidfd)
            throws IOException {
        Optional<RunningProcess> monitor = folder.monitor();
        int monitorPidfd = monitor.isPresent() ? Libc.pidfdOpen(monitor.get().pid()) : -1;
        if (monitorPidfd < 0) {
            return new Supervision.Watched(process, pidfd);
        }
        boolean same = ProcessStat.read(monitor.get().pid())
                .filter(stat -> stat.startTimeTicks() == monitor.get().startTimeTicks())
                .isPresent();
        if (!same) {
            Libc.close(monitorPidfd);
            return new Supervision.Watched(process, pidfd);
        }
        return new Supervision.Watched(monitor.get(), new SharedDescriptor(monitorPidfd));
    }

    static boolean ownNetwork(RuntimeSpec spec) {
        return spec.namespaces().stream().anyMatch(namespace -> namespace.type() == NamespaceType.NETWORK);
    }

    static RuntimeFailure failure(String what, IOException e) {
        final int otherFailure = 128;
        boolean retryable = e instanceof KernelException kernel
                && (kernel.errno() == Errno.EAGAIN || kernel.errno() == Errno.ENOMEM || kernel.errno() == Errno.ENOSPC);
        return e instanceof RuntimeFailure already
                ? already
                : new RuntimeFailure(what + ": " + e.getMessage(), otherFailure, retryable, e);
    }
}
