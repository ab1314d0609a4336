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
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
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
    private final EffectiveSpec effectiveSpec;
    private final Cgroups cgroups;
    private final ReadinessLoop loop;
    private final ContainerLaunch launch;
    private final ExecLaunch execLaunch;
    private final Map<String, RunningContainer> containers = new ConcurrentHashMap<>();

    /**
     * @throws IOException when this host lacks what containers need: cgroups, a kernel with /proc, libseccomp
     */
    public LinuxRuntime(Instance instance) throws IOException {
        this(instance, EffectiveSpec.INIT_PROGRAMS);
    }

    /** @param initPrograms of which the first that exists is a container's init process, when it wants one */
    LinuxRuntime(Instance instance, List<Path> initPrograms) throws IOException {
        this.instance = instance;
        // until its execve a container's process shares our memory: nobody without our privileges may look into it
        if (Libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
            throw new KernelException("prctl", "PR_SET_DUMPABLE", Libc.errno());
        }
        host = HostKernel.read();
        effectiveSpec = new EffectiveSpec(host, initPrograms);
        cgroups = Cgroups.detect();
        loop = new ReadinessLoop();
        var keepers = new Keepers(cgroups, instance.cgroup(), loop);
        var seccomp = new SeccompFilters();
        var readBuffer = OutputReader.newBuffer();
        var oci = new OciLaunch(host, cgroups, seccomp, instance.cgroup() + "/monitors");
        launch = new ContainerLaunch(host, cgroups, seccomp, loop, keepers, oci, readBuffer);
        execLaunch = new ExecLaunch(host, cgroups, seccomp, loop, readBuffer);
        List<RunFolder> folders = new ArrayList<>();
        for (String id : RunFolder.all(instance.runDir())) {
            folders.add(RunFolder.of(instance.runDir(), id));
        }
        keepers.endStrangers(folders);
    }

    @Override
    public void create(RuntimeSpec wanted) throws RuntimeFailure {
        RuntimeSpec spec = effective(wanted);
        RunFolder folder = folder(spec.id());
        String group = group(spec);
        try {
            if (folder.exists() && cgroups.exists(group)) {
                return;
            }
            cgroups.create(group, spec.resources(), spec.devices());
            folder.create(group, spec.process().openStdin());
        } catch (IOException e) {
            throw removedAfter(failure("container could not be created", e), spec.id(), group, folder);
        } catch (IllegalArgumentException e) {
            var refusal = new RuntimeFailure(String.valueOf(e.getMessage()), OTHER_FAILURE, false, e);
            throw removedAfter(refusal, spec.id(), group, folder);
        }
    }

    private RuntimeSpec effective(RuntimeSpec spec) throws RuntimeFailure {
        SpecCheck.check(spec);
        try {
            SharedMounts.check(spec.mounts());
            return effectiveSpec.of(spec);
        } catch (IOException e) {
            throw failure("container could not be prepared", e);
        }
    }

    private RuntimeFailure removedAfter(RuntimeFailure failure, String containerId, String group, RunFolder folder) {
        try {
            new Removal(cgroups, containerId, group, folder).run();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    @Override
    public RunningProcess start(RuntimeSpec wanted, OutputSink output) throws RuntimeFailure {
        RuntimeSpec spec = effective(wanted);
        if (containers.containsKey(spec.id())) {
            throw new RuntimeFailure("container " + spec.id() + " was started already", OTHER_FAILURE, false, null);
        }
        try {
            RunningContainer started = launch.start(spec, group(spec), folder(spec.id()), output);
            containers.put(spec.id(), started);
            return first(started).process();
        } catch (IllegalArgumentException e) {
            throw new RuntimeFailure(e.getMessage() + ": unknown", OTHER_FAILURE, false, e);
        } catch (IOException e) {
            throw failure("container could not be started", e);
        }
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
                output.end(OutputSink.Stream.STDOUT);
                output.end(OutputSink.Stream.STDERR);
                var gone = CompletableFuture.completedFuture(Exit.unknown(Instant.now()));
                containers.put(spec.id(), RunningContainer.ofGone(spec, group(spec), gone));
                return Optional.empty();
            }
            containers.put(spec.id(), launch.adopt(spec, group(spec), folder(spec.id()), process, pidfd, output));
            return stat.get().exitStatus().isPresent() ? Optional.empty() : Optional.of(process);
        } catch (IOException e) {
            throw failure("container could not be taken over", e);
        }
    }

    @Override
    public CompletableFuture<Exit> exit(String containerId) {
        RunningContainer container = containers.get(containerId);
        return container == null
                ? CompletableFuture.failedFuture(
                        new NoSuchElementException("container " + containerId + " was neither started nor adopted"))
                : container.exit().copy();
    }

    @Override
    public void resumeOutput(String containerId) {
        RunningContainer container = containers.get(containerId);
        if (container != null && container.supervision() != null) {
            container.supervision().output().resume();
        }
    }

    @Override
    public OutputStream stdin(String containerId) throws RuntimeFailure {
        RunningContainer container = running(containerId);
        try {
            return stdio(container).openStdin(first(container).pidfd());
        } catch (IOException e) {
            throw failure("the stdin of container " + containerId, e);
        }
    }

    @Override
    public void resize(String containerId, int rows, int columns) throws RuntimeFailure {
        try {
            RunningContainer container = running(containerId);
            stdio(container).resize(rows, columns, first(container).pidfd());
        } catch (IOException e) {
            throw failure("the terminal of container " + containerId + " could not be resized", e);
        }
    }

    @Override
    public void pause(String containerId) throws RuntimeFailure {
        RunningContainer container = running(containerId);
        // no child may be on its way in: it would stand still with our thread waiting for it
        container.freezing().writeLock().lock();
        try {
            cgroups.freeze(container.group(), true);
        } catch (IOException e) {
            throw failure("container " + containerId + " could not be paused", e);
        } finally {
            container.freezing().writeLock().unlock();
        }
    }

    @Override
    public void unpause(String containerId) throws RuntimeFailure {
        try {
            cgroups.freeze(running(containerId).group(), false);
        } catch (IOException e) {
            throw failure("container " + containerId + " could not be unpaused", e);
        }
    }

    @Override
    public void update(String containerId, RuntimeSpec.Resources resources) throws RuntimeFailure {
        try {
            cgroups.update(running(containerId).group(), resources);
        } catch (IOException e) {
            throw failure("the limits of container " + containerId + " could not be changed", e);
        }
    }

    @Override
    public ExecProcess exec(String containerId, ExecSpec exec, OutputSink output) throws RuntimeFailure {
        RunningContainer container = running(containerId);
        SpecCheck.check(exec);
        try {
            return execLaunch.start(container, first(container), exec, output);
        } catch (IllegalArgumentException e) {
            throw LaunchFailure.ofExec(new RuntimeFailure(e.getMessage() + ": unknown", OTHER_FAILURE, false, e));
        } catch (IOException e) {
            throw failure("OCI runtime exec failed", e);
        }
    }

    @Override
    public void signal(String containerId, int signal) throws RuntimeFailure {
        RunningContainer container = containers.get(containerId);
        if (container == null) {
            throw notRunning(containerId);
        }
        if (container.supervision() == null) {
            return;
        }
        try {
            container.supervision().signal(signal);
        } catch (KernelException e) {
            throw failure("cannot signal container " + containerId, e);
        }
    }

    private RunningContainer running(String containerId) throws RuntimeFailure {
        RunningContainer container = containers.get(containerId);
        if (container == null || container.hasEnded()) {
            throw notRunning(containerId);
        }
        return container;
    }

    private static Supervision first(RunningContainer container) {
        return Objects.requireNonNull(container.supervision(), "only of a container that was gone is it null");
    }

    private static Stdio stdio(RunningContainer container) {
        return Objects.requireNonNull(container.stdio(), "only of a container that was gone is it null");
    }

    private static RuntimeFailure notRunning(String containerId) {
        return new RuntimeFailure("container " + containerId + " is not running", OTHER_FAILURE, false, null);
    }

    @Override
    public void delete(String containerId) throws RuntimeFailure {
        RunFolder folder = folder(containerId);
        try {
            String group = folder.group().orElse(instance.cgroup() + "/" + containerId);
            RunningContainer container = containers.get(containerId);
            if (cgroups.frozen(group)) {
                // what stands still does not die of a signal, in version 1
                cgroups.freeze(group, false);
            }
            if (container != null && container.supervision() != null) {
                container.supervision().signal(Removal.SIGKILL);
                container.supervision().output().discard();
                Removal.awaitExit(containerId, container.exit());
            }
            launch.keepers().find(folder).ifPresent(Keepers.Keeper::end);
            new Removal(cgroups, containerId, group, folder).run();
            containers.remove(containerId);
        } catch (IOException e) {
            throw failure("container " + containerId + " could not be removed", e);
        }
    }

    @Override
    public Optional<ResourceUsage> usage(String containerId) throws IOException {
        RunningContainer container = containers.get(containerId);
        if (container == null || container.hasEnded() || !folder(containerId).exists()) {
            return Optional.empty();
        }
        CgroupUsage usage = cgroups.usage(container.group());
        HostCounters.Processors processors = HostCounters.processors();
        CgroupUsage.Cpu cpu = usage.cpu();
        CgroupUsage.Memory memory = usage.memory();
        return Optional.of(new ResourceUsage(
                Instant.now(),
                cpu.totalNanos(),
                cpu.userNanos(),
                cpu.kernelNanos(),
                cpu.perCoreNanos(),
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
                ContainerLaunch.ownNetwork(container.spec())
                        ? HostCounters.interfaces(first(container).process().pid())
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
        RunningContainer container = containers.get(containerId);
        if (container != null && container.supervision() != null) {
            int first = container.supervision().process().pid();
            if (pids.remove((Integer) first)) {
                pids.addFirst(first);
            }
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
            if (left.isEmpty()) {
                launch.keepers().awaitEnded(Removal.END_TIMEOUT_MS);
            }
            if (!left.isEmpty() || !cgroups.remove(instance.cgroup())) {
                throw new RuntimeFailure(
                        "instance " + instance.name() + " still has containers: " + left, OTHER_FAILURE, true, null);
            }
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
        return ContainerLaunch.failure(what, e);
    }
}
