package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.seccomp.SeccompFilters;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Starts further processes in running containers. Callable on any platform thread, also for one container by several. */
record ExecLaunch(
        HostKernel host, Cgroups cgroups, SeccompFilters seccomp, ReadinessLoop loop, MemorySegment readBuffer) {
    private static final int NOT_RUNNING = 128;

    ExecProcess start(RunningContainer container, Supervision first, ExecSpec exec, OutputSink sink)
            throws IOException {
        RuntimeSpec.Process process = effective(container.spec(), exec);
        try (var descriptors = new Descriptors()) {
            Ends ends = process.terminal()
                    ? Ends.ofTerminal(first.process().pid(), process)
                    : Ends.ofPipes(process.openStdin(), descriptors);
            try {
                Outcome outcome = launch(container, first, process, ends.child(), descriptors);
                if (!(outcome instanceof Outcome.Executing(int pid, int pidfd))) {
                    throw LaunchFailure.ofExec(process, outcome);
                }
                return watch(container, exec, pid, pidfd, ends, sink);
            } catch (IOException | RuntimeException e) {
                ends.close();
                throw e;
            }
        }
    }

    /** Docker gives an exec the container's limits, and privileged ones what a privileged container has. */
    private RuntimeSpec.Process effective(RuntimeSpec container, ExecSpec exec) {
        RuntimeSpec.Process process = exec.process()
                .withRlimits(container.process().rlimits())
                .withOomScoreAdj(container.process().oomScoreAdj());
        return exec.privileged() || container.privileged()
                ? process.withCapabilities(host.capabilities()).withApparmorProfile(null)
                : process;
    }

    private Outcome launch(
            RunningContainer container,
            Supervision first,
            RuntimeSpec.Process process,
            Launch.Stdio stdio,
            Descriptors descriptors)
            throws IOException {
        Optional<byte[]> filter = seccomp.filter(EffectiveSpec.seccomp(container.spec()), process.capabilities());
        int own = descriptors.open(Path.of("/proc/self/ns/pid"), Libc.O_RDONLY);
        int pidfd = descriptors.duplicateAbove(
                ProcessSteps.ABOVE_LOW_NUMBERS,
                descriptors.adopt(
                        first.pidfd().duplicate("container " + container.spec().id())));
        var joins = ContainerLaunch.openAll(cgroups.joinFiles(container.group()), descriptors);
        var program = ExecProgram.of(process, host, pidfd, joins, stdio, filter);
        container.freezing().readLock().lock();
        try {
            if (cgroups.frozen(container.group())) {
                throw new RuntimeFailure(
                        "Container " + container.spec().id() + " is paused, unpause the container before exec",
                        NOT_RUNNING,
                        true,
                        null);
            }
            return Namespaces.runInPidNamespace(pidfd, own, program, 0);
        } finally {
            container.freezing().readLock().unlock();
        }
    }

    private ExecProcess watch(RunningContainer container, ExecSpec exec, int pid, int pidfd, Ends ends, OutputSink sink)
            throws IOException {
        try {
            long startTime = ProcessStat.read(pid)
                    .orElseThrow(() -> new IllegalStateException("a child of ours is gone before it was reaped"))
                    .startTimeTicks();
            var output = new OutputReader("exec " + exec.id(), ends.sources(), readBuffer, sink, loop);
            var supervision = new Supervision(
                    new RunningProcess(pid, startTime),
                    new SharedDescriptor(pidfd),
                    output,
                    loop,
                    new Supervision.ExitExtras() {
                        @Override
                        public void ended() {
                            ends.release();
                            container.execs().remove(exec.id());
                        }

                        @Override
                        public void abandoned() {
                            ended();
                        }
                    });
            container.execs().put(exec.id(), supervision);
            supervision.begin();
            ends.closeChild();
            return new Running(exec, supervision, ends);
        } catch (IOException | RuntimeException e) {
            container.execs().remove(exec.id());
            Supervision.abort(pidfd);
            throw e;
        }
    }

    /**
     * The agent's and the child's ends of an exec's stdio.
     *
     * @param stdin writing end of its pipe; null with a terminal, and without an open stdin
     */
    private record Ends(
            Launch.Stdio child,
            List<SharedDescriptor> childOnly,
            List<OutputReader.Source> sources,
            @Nullable SharedDescriptor stdin,
            @Nullable Terminal terminal) {

        static Ends ofTerminal(int pid, RuntimeSpec.Process process) throws KernelException {
            Terminal terminal = Terminal.inContainer(pid);
            ContainerLaunch.prepare(terminal, process);
            var source = new OutputReader.Source(Stream.STDOUT, terminal.master());
            return new Ends(Launch.Stdio.of(terminal), List.of(), List.of(source), null, terminal);
        }

        static Ends ofPipes(boolean withStdin, Descriptors descriptors) throws KernelException {
            var opened = new ArrayList<SharedDescriptor>();
            try {
                Pipe out = Pipe.open(opened);
                Pipe err = Pipe.open(opened);
                Pipe in = withStdin ? Pipe.open(opened) : null;
                out.read().use(Descriptors::makeNonBlocking);
                err.read().use(Descriptors::makeNonBlocking);
                if (in != null) {
                    in.write().use(Descriptors::makeNonBlocking);
                }
                int stdin = in == null
                        ? descriptors.open(Path.of("/dev/null"), Libc.O_RDWR)
                        : in.read().number();
                return new Ends(
                        new Launch.Stdio(
                                stdin, out.write().number(), err.write().number()),
                        in == null ? List.of(out.write(), err.write()) : List.of(out.write(), err.write(), in.read()),
                        Supervision.sources(out.read(), err.read()),
                        in == null ? null : in.write(),
                        null);
            } catch (KernelException e) {
                opened.forEach(SharedDescriptor::close);
                throw e;
            }
        }

        void closeChild() {
            childOnly.forEach(SharedDescriptor::close);
        }

        /** The process has ended: what the reader does not close. */
        void release() {
            closeChild();
            if (stdin != null) {
                stdin.close();
            }
            if (terminal != null) {
                terminal.close();
            }
        }

        void close() {
            sources.forEach(OutputReader.Source::close);
            release();
        }
    }

    /** pipe(7), both ends close-on-exec. */
    private record Pipe(SharedDescriptor read, SharedDescriptor write) {
        static Pipe open(List<SharedDescriptor> opened) throws KernelException {
            try (var arena = Arena.ofConfined()) {
                MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
                if (Libc.pipe2(ends.address(), Libc.O_CLOEXEC) < 0) {
                    throw new KernelException("pipe2", "", Libc.errno());
                }
                var pipe = new Pipe(
                        new SharedDescriptor(ends.getAtIndex(ValueLayout.JAVA_INT, 0)),
                        new SharedDescriptor(ends.getAtIndex(ValueLayout.JAVA_INT, 1)));
                opened.add(pipe.read());
                opened.add(pipe.write());
                return pipe;
            }
        }
    }

    private record Running(ExecSpec exec, Supervision supervision, Ends ends) implements ExecProcess {
        @Override
        public int pid() {
            return supervision.process().pid();
        }

        @Override
        public CompletableFuture<Exit> exit() {
            return supervision.exit().copy();
        }

        @Override
        public OutputStream stdin() throws RuntimeFailure {
            SharedDescriptor stdin = ends.stdin();
            Terminal terminal = ends.terminal();
            try {
                if (terminal != null) {
                    return StdinStream.of(terminal.master().duplicate("terminal"), supervision.pidfd(), () -> {});
                }
                if (stdin == null) {
                    throw new RuntimeFailure("exec " + exec.id() + " has no open stdin", NOT_RUNNING, false, null);
                }
                return StdinStream.of(stdin.duplicate("stdin"), supervision.pidfd(), stdin::close);
            } catch (IOException e) {
                throw ContainerLaunch.failure("the stdin of exec " + exec.id(), e);
            }
        }

        @Override
        public void resize(int rows, int columns) throws RuntimeFailure {
            Terminal terminal = ends.terminal();
            if (terminal == null) {
                throw new RuntimeFailure("exec " + exec.id() + " has no terminal", NOT_RUNNING, false, null);
            }
            try {
                terminal.resize(rows, columns);
            } catch (KernelException e) {
                throw ContainerLaunch.failure("the terminal of exec " + exec.id() + " could not be resized", e);
            }
        }

        @Override
        public void signal(int number) throws RuntimeFailure {
            try {
                supervision.signal(number);
            } catch (KernelException e) {
                throw ContainerLaunch.failure("cannot signal exec " + exec.id(), e);
            }
        }

        @Override
        public void resumeOutput() {
            supervision.output().resume();
        }
    }
}
