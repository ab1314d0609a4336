package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.Instance;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.cgroup.CgroupUsage;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.seccomp.SeccompFilters;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.linux.syscall.PidFd;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Containers by system calls of our own: no other program takes part, and the JVM never forks (see {@link
 * io.flotilla.agent.runtime.linux.syscall.ChildProcess}). What a container needs outlives this object: a folder with its FIFOs
 * on the run tmpfs, and its cgroups, both named after the instance and the container.
 *
 * <p>Dependents of {@link #exit} that are not asynchronous, and output sinks, run on the one readiness thread: they must not wait,
 * nor call this runtime.
 */
public final class LinuxRuntime implements ContainerRuntime {
    private static final int PR_SET_DUMPABLE = 4;
    private static final int OTHER_FAILURE = 128;

    private final Instance instance;
    private final HostKernel host;
    private final Cgroups cgroups;
    private final SeccompFilters seccomp = new SeccompFilters();
    private final ReadinessLoop loop;
    private final MemorySegment readBuffer = Supervision.newBuffer();
    private final Map<String, Supervision> supervised = new ConcurrentHashMap<>();

    /**
     * @throws IOException when this host lacks what containers need: cgroups, a kernel with /proc, libseccomp
     */
    public LinuxRuntime(Instance instance) throws IOException {
        this.instance = instance;
        // until its execve a container's process shares our memory: nobody without our privileges may look into it
        if (Libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
            throw new KernelException("prctl", "PR_SET_DUMPABLE", Libc.errno());
        }
        host = HostKernel.read();
        cgroups = Cgroups.detect();
        loop = new ReadinessLoop();
    }

    @Override
    public void create(RuntimeSpec spec) throws RuntimeFailure {
        SpecCheck.check(spec);
        RunFolder folder = folder(spec.id());
        String group = group(spec);
        try {
            if (folder.exists() && cgroups.exists(group)) {
                return;
            }
            cgroups.create(group, spec.resources(), spec.devices());
            folder.create(group, spec.process().openStdin());
        } catch (IOException e) {
            RuntimeFailure failure = failure("container could not be created", e);
            removeAfter(failure, spec.id(), group, folder);
            throw failure;
        }
    }

    private void removeAfter(RuntimeFailure failure, String containerId, String group, RunFolder folder) {
        try {
            new Removal(cgroups, containerId, group, folder).run();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public RunningProcess start(RuntimeSpec spec, OutputSink output) throws RuntimeFailure {
        SpecCheck.check(spec);
        if (supervised.containsKey(spec.id())) {
            throw new RuntimeFailure("container " + spec.id() + " was started already", OTHER_FAILURE, false, null);
        }
        RunFolder folder = folder(spec.id());
        try {
            Supervision.OutputDescriptors descriptors =
                    openOutput(folder, spec.process().user());
            try {
                return supervise(spec, launch(spec, folder), descriptors, output);
            } catch (IOException | RuntimeException e) {
                descriptors.close();
                throw e;
            }
        } catch (RuntimeFailure e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new RuntimeFailure(e.getMessage() + ": unknown", OTHER_FAILURE, false, e);
        } catch (IOException e) {
            throw failure("container could not be started", e);
        }
    }

    private Supervision.OutputDescriptors openOutput(RunFolder folder, RuntimeSpec.User owner) throws KernelException {
        // both ends, so that neither the container's nor this process's end takes the other's away
        int flags = Libc.O_RDWR | Libc.O_NONBLOCK;
        int out = Descriptors.openForGood(folder.stdout(), flags);
        int err;
        try {
            err = Descriptors.openForGood(folder.stderr(), flags);
        } catch (KernelException e) {
            Libc.close(out);
            throw e;
        }
        // the container may open /dev/stdout anew, as its own user
        Libc.fchown(out, owner.uid(), owner.gid());
        Libc.fchown(err, owner.uid(), owner.gid());
        return new Supervision.OutputDescriptors(out, err, readBuffer);
    }

    private Outcome.Executing launch(RuntimeSpec spec, RunFolder folder) throws IOException {
        String group = group(spec);
        Optional<byte[]> filter = seccomp.filter(spec.seccomp(), spec.process().capabilities());
        var overlay = OverlayRoot.of(spec.root(), folder, host.overlayIndex());
        try (var descriptors = new Descriptors()) {
            Path stdin = spec.process().openStdin() ? folder.stdin() : Path.of("/dev/null");
            var stdio = new Launch.Stdio(
                    descriptors.open(stdin, Libc.O_RDWR),
                    descriptors.open(folder.stdout(), Libc.O_RDWR),
                    descriptors.open(folder.stderr(), Libc.O_RDWR));
            var joins = new LinkedHashMap<Path, Integer>();
            for (Path file : cgroups.joinFiles(group)) {
                joins.put(file, descriptors.open(file, Libc.O_WRONLY));
            }
            var namespaces = Namespaces.open(spec, descriptors);
            var program = ContainerProgram.of(
                    spec,
                    new Launch(
                            host,
                            overlay,
                            folder.rootMountPoint(),
                            joins,
                            cgroups.views(group),
                            namespaces.forChild(),
                            stdio,
                            filter));
            return switch (namespaces.run(program, ContainerProgram.cloneFlags(spec))) {
                case Outcome.Executing executing -> executing;
                case Outcome.StepFailed failed -> throw LaunchFailure.of(spec, failed);
                case Outcome.Killed killed -> throw LaunchFailure.of(killed);
                case Outcome.NotCloned refused -> throw LaunchFailure.of(refused);
            };
        }
    }

    private RunningProcess supervise(
            RuntimeSpec spec, Outcome.Executing child, Supervision.OutputDescriptors descriptors, OutputSink output)
            throws IOException {
        try {
            long startTime = ProcessStat.read(child.pid())
                    .orElseThrow(() -> new IllegalStateException("a child of ours is gone before it was reaped"))
                    .startTimeTicks();
            var process = new RunningProcess(child.pid(), startTime);
            watch(spec, process, child.pidfd(), descriptors, output);
            return process;
        } catch (IOException | RuntimeException e) {
            // nobody would ever notice its end
            Libc.pidfdSendSignal(child.pidfd(), Removal.SIGKILL);
            PidFd.awaitEnd(child.pidfd(), Removal.END_TIMEOUT_MS);
            PidFd.reap(child.pidfd());
            Libc.close(child.pidfd());
            throw e;
        }
    }

    private void watch(
            RuntimeSpec spec,
            RunningProcess process,
            int pidfd,
            Supervision.OutputDescriptors descriptors,
            OutputSink output)
            throws KernelException {
        String group = group(spec);
        boolean ownNetwork =
                spec.namespaces().stream().anyMatch(namespace -> namespace.type() == RuntimeSpec.NamespaceType.NETWORK);
        var supervision = new Supervision(
                spec.id(), process, ownNetwork, pidfd, descriptors, output, () -> cgroups.oomKilled(group));
        supervision.begin(loop);
        supervised.put(spec.id(), supervision);
    }

    @Override
    public Optional<RunningProcess> adopt(RuntimeSpec spec, RunningProcess process, OutputSink output)
            throws RuntimeFailure {
        try {
            int pidfd = Libc.pidfdOpen(process.pid());
            if (pidfd < 0 && Libc.errno() != Errno.ESRCH) {
                throw new KernelException("pidfd_open", Integer.toString(process.pid()), Libc.errno());
            }
            // looked at after pidfd_open: if it is the same process now, the pidfd is that process's
            Optional<ProcessStat> stat = pidfd < 0
                    ? Optional.empty()
                    : ProcessStat.read(process.pid())
                            .filter(found -> found.startTimeTicks() == process.startTimeTicks());
            if (stat.isEmpty()) {
                if (pidfd >= 0) {
                    Libc.close(pidfd);
                }
                supervised.put(spec.id(), Supervision.ofGone(spec.id(), process, output));
                return Optional.empty();
            }
            Supervision.OutputDescriptors descriptors =
                    openOutput(folder(spec.id()), spec.process().user());
            watch(spec, process, pidfd, descriptors, output);
            return stat.get().exitStatus().isPresent() ? Optional.empty() : Optional.of(process);
        } catch (IOException e) {
            throw failure("container could not be taken over", e);
        }
    }

    @Override
    public CompletableFuture<Exit> exit(String containerId) {
        Supervision supervision = supervised.get(containerId);
        return supervision == null
                ? CompletableFuture.failedFuture(
                        new NoSuchElementException("container " + containerId + " was neither started nor adopted"))
                : supervision.exit().copy();
    }

    @Override
    public void signal(String containerId, int signal) throws RuntimeFailure {
        Supervision supervision = supervised.get(containerId);
        if (supervision == null) {
            throw new RuntimeFailure("container " + containerId + " is not running", OTHER_FAILURE, false, null);
        }
        try {
            supervision.signal(signal);
        } catch (KernelException e) {
            throw failure("cannot signal container " + containerId, e);
        }
    }

    @Override
    public void resumeOutput(String containerId) {
        throw new UnsupportedOperationException("resumeOutput of " + containerId + " is not supported yet");
    }

    @Override
    public OutputStream stdin(String containerId) throws RuntimeFailure {
        throw unsupported("an open stdin");
    }

    @Override
    public void resize(String containerId, int rows, int columns) throws RuntimeFailure {
        throw unsupported("a terminal");
    }

    @Override
    public void pause(String containerId) throws RuntimeFailure {
        throw unsupported("pause");
    }

    @Override
    public void unpause(String containerId) throws RuntimeFailure {
        throw unsupported("unpause");
    }

    @Override
    public void update(String containerId, RuntimeSpec.Resources resources) throws RuntimeFailure {
        throw unsupported("update");
    }

    @Override
    public ExecProcess exec(String containerId, ExecSpec exec, OutputSink output) throws RuntimeFailure {
        throw unsupported("exec");
    }

    private static RuntimeFailure unsupported(String what) {
        return new RuntimeFailure(what + " is not supported yet", OTHER_FAILURE, false, null);
    }

    @Override
    public void delete(String containerId) throws RuntimeFailure {
        RunFolder folder = folder(containerId);
        try {
            String group = folder.group().orElse(instance.cgroup() + "/" + containerId);
            Supervision supervision = supervised.get(containerId);
            if (supervision != null) {
                supervision.signal(Removal.SIGKILL);
                Removal.awaitExit(containerId, supervision.exit());
            }
            new Removal(cgroups, containerId, group, folder).run();
            supervised.remove(containerId);
        } catch (RuntimeFailure e) {
            throw e;
        } catch (IOException e) {
            throw failure("container " + containerId + " could not be removed", e);
        }
    }

    @Override
    public Optional<ResourceUsage> usage(String containerId) throws IOException {
        Supervision supervision = supervised.get(containerId);
        Optional<String> group = folder(containerId).group();
        if (supervision == null || supervision.hasEnded() || group.isEmpty()) {
            return Optional.empty();
        }
        CgroupUsage usage = cgroups.usage(group.get());
        HostCounters.Processors processors = HostCounters.processors();
        CgroupUsage.Cpu cpu = usage.cpu();
        CgroupUsage.Memory memory = usage.memory();
        return Optional.of(new ResourceUsage(
                Instant.now(),
                cpu.totalNanos(),
                cpu.userNanos(),
                cpu.kernelNanos(),
                cpu.throttledPeriods(),
                cpu.periods(),
                cpu.throttledNanos(),
                processors.busyAndIdleNanos(),
                processors.online(),
                memory.usageBytes(),
                memory.maxUsageBytes(),
                Math.min(memory.limitBytes(), host.memoryBytes()),
                memory.failures(),
                memory.stats(),
                usage.pids(),
                usage.pidsLimit() == Long.MAX_VALUE ? 0 : usage.pidsLimit(),
                usage.blockDevices(),
                supervision.ownNetwork()
                        ? HostCounters.interfaces(supervision.process().pid())
                        : Map.of()));
    }

    @Override
    public List<Integer> processes(String containerId) throws IOException {
        Optional<String> group = folder(containerId).group();
        if (group.isEmpty()) {
            return List.of();
        }
        var pids = new ArrayList<>(cgroups.processes(group.get()));
        Collections.sort(pids);
        Supervision supervision = supervised.get(containerId);
        if (supervision != null && pids.remove((Integer) supervision.process().pid())) {
            pids.addFirst(supervision.process().pid());
        }
        return pids;
    }

    @Override
    public List<String> known() throws IOException {
        var ids = new TreeSet<>(RunFolder.all(instance.runDir()));
        for (String name : cgroups.children(instance.cgroup())) {
            if (SpecCheck.isContainerId(name)) {
                ids.add(name);
            }
        }
        return List.copyOf(ids);
    }

    /**
     * Removes the cgroup that all of the instance's containers are in; for when the instance itself goes. While one container
     * may still come it has to stay: a version 1 hierarchy that loses its last group stops taking mounts.
     *
     * @throws RuntimeFailure while containers are left
     */
    public void removeInstanceCgroup() throws RuntimeFailure {
        try {
            List<String> left = known();
            if (!left.isEmpty() || !cgroups.remove(instance.cgroup())) {
                throw new RuntimeFailure(
                        "instance " + instance.name() + " still has containers: " + left, OTHER_FAILURE, true, null);
            }
        } catch (RuntimeFailure e) {
            throw e;
        } catch (IOException e) {
            throw failure("the instance's cgroup could not be removed", e);
        }
    }

    @Override
    public void close() {
        loop.close();
    }

    private RunFolder folder(String containerId) {
        SpecCheck.requireContainerId(containerId);
        return RunFolder.of(instance.runDir(), containerId);
    }

    private String group(RuntimeSpec spec) {
        return instance.cgroup() + "/" + (spec.cgroupParent().isEmpty() ? "" : spec.cgroupParent() + "/") + spec.id();
    }

    private static RuntimeFailure failure(String what, IOException e) {
        boolean retryable = e instanceof KernelException kernel
                && (kernel.errno() == Errno.EAGAIN || kernel.errno() == Errno.ENOMEM || kernel.errno() == Errno.ENOSPC);
        return new RuntimeFailure(what + ": " + e.getMessage(), OTHER_FAILURE, retryable, e);
    }
}
