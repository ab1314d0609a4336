package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.ResourceUsage.BlockDevice;
import io.flotilla.agent.runtime.linux.cgroup.CgroupMounts.Hierarchy;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.DeviceRate;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Version 1: the group is made in every hierarchy that has a controller. */
final class CgroupsV1 implements Cgroups {
    /** memory.limit_in_bytes without a limit is the largest page-aligned long. */
    private static final long NO_LIMIT_FROM = Long.MAX_VALUE / 4096 * 4096 - 65536;

    private final List<Hierarchy> hierarchies;
    private final List<Path> others;

    CgroupsV1(List<Hierarchy> hierarchies, List<Path> others) {
        this.hierarchies = List.copyOf(hierarchies);
        this.others = List.copyOf(others);
    }

    @Override
    public void create(String group, Resources resources, List<Device> devices) throws IOException {
        for (Hierarchy hierarchy : hierarchies) {
            makeGroup(hierarchy, Path.of(group));
        }
        update(group, resources);
        Optional<Path> deviceFolder = folder(group, "devices");
        if (deviceFolder.isPresent()) {
            CgroupFiles.write(deviceFolder.get().resolve("devices.deny"), "a");
            CgroupFiles.write(
                    deviceFolder.get().resolve("devices.allow"), DeviceRule.linesFor(devices, resources.deviceRules()));
        }
    }

    @Override
    public void update(String group, Resources resources) throws IOException {
        setMemory(group, resources);
        set(group, "cpu", "cpu.shares", resources.cpuShares());
        set(group, "cpu", "cpu.rt_period_us", resources.cpuRealtimePeriodMicros());
        set(group, "cpu", "cpu.rt_runtime_us", resources.cpuRealtimeRuntimeMicros());
        set(group, "cpu", "cpu.cfs_period_us", resources.cpuPeriodMicros());
        set(group, "cpu", "cpu.cfs_quota_us", resources.cpuQuotaMicros());
        set(group, "cpuset", "cpuset.cpus", resources.cpusetCpus());
        set(group, "cpuset", "cpuset.mems", resources.cpusetMems());
        setBlockIo(group, resources);
        if (!resources.unified().isEmpty()) {
            throw new IOException("cannot set " + resources.unified().keySet() + ": this host has cgroup version 1");
        }
        Long pids = resources.pidsLimit();
        set(group, "pids", "pids.max", pids == null ? null : pids <= 0 ? CgroupFiles.MAX : pids.toString());
    }

    /**
     * The parents are there but for an instance's first container: the leaf is tried first. One at a time, so that nobody
     * finds a parent that has been made and not yet been given its CPUs.
     */
    private static synchronized void makeGroup(Hierarchy hierarchy, Path group) throws IOException {
        Path folder = hierarchy.root().resolve(group);
        boolean made;
        try {
            made = CgroupFiles.makeFolder(folder);
        } catch (NoSuchFileException e) {
            Path parent = group.getParent();
            if (parent == null) {
                throw e;
            }
            makeGroup(hierarchy, parent);
            made = CgroupFiles.makeFolder(folder);
        }
        if (made && hierarchy.has("cpuset")) {
            inheritCpuset(hierarchy, folder);
        }
    }

    /**
     * A cpuset without CPUs or memory nodes takes no process, and a new one has neither (cgroup-v1/cpusets). Goes up as far as
     * it must: the maker of a parent may have been killed between the two steps.
     */
    private static void inheritCpuset(Hierarchy hierarchy, Path folder) throws IOException {
        Path parent = Objects.requireNonNull(folder.getParent());
        for (String file : List.of("cpuset.cpus", "cpuset.mems")) {
            if (!parent.equals(hierarchy.root())
                    && CgroupFiles.read(parent.resolve(file)).isBlank()) {
                inheritCpuset(hierarchy, parent);
            }
            CgroupFiles.write(folder.resolve(file), CgroupFiles.read(parent.resolve(file)));
        }
    }

    private void setMemory(String group, Resources resources) throws IOException {
        Optional<Path> folder = folder(group, "memory");
        Long limit = resources.memoryLimitBytes();
        Long swap = resources.memorySwapBytes();
        if (folder.isPresent() && limit != null && swap != null) {
            Path swapFile = folder.get().resolve("memory.memsw.limit_in_bytes");
            // the sum must never be below memory alone: a raised one goes first. Absent with swapaccount=0, as Docker
            // warns of
            if (Files.exists(swapFile) && (swap < 0 || swap > CgroupFiles.readNumber(swapFile))) {
                CgroupFiles.write(swapFile, swap.toString());
            }
        }
        set(group, "memory", "memory.limit_in_bytes", limit);
        if (folder.isPresent() && swap != null && Files.exists(folder.get().resolve("memory.memsw.limit_in_bytes"))) {
            set(group, "memory", "memory.memsw.limit_in_bytes", swap);
        }
        set(group, "memory", "memory.soft_limit_in_bytes", resources.memoryReservationBytes());
        Long swappiness = resources.memorySwappiness();
        set(group, "memory", "memory.swappiness", swappiness == null || swappiness < 0 ? null : swappiness);
        if (resources.oomKillDisable()) {
            set(group, "memory", "memory.oom_control", "1");
        }
    }

    /** Throttling is the block layer's, weights are an io scheduler's: bfq's, or before Linux 5.0 cfq's. */
    private void setBlockIo(String group, Resources resources) throws IOException {
        Optional<Path> folder = folder(group, "blkio");
        boolean bfq = folder.isPresent() && Files.exists(folder.get().resolve("blkio.bfq.weight"));
        String weight = bfq ? "blkio.bfq.weight" : "blkio.weight";
        set(group, "blkio", weight, resources.blkioWeight());
        setEach(group, weight + "_device", resources.blkioDeviceWeights());
        setEach(group, "blkio.throttle.read_bps_device", resources.blkioReadBytesPerSecond());
        setEach(group, "blkio.throttle.write_bps_device", resources.blkioWriteBytesPerSecond());
        setEach(group, "blkio.throttle.read_iops_device", resources.blkioReadOperationsPerSecond());
        setEach(group, "blkio.throttle.write_iops_device", resources.blkioWriteOperationsPerSecond());
    }

    private void setEach(String group, String file, List<DeviceRate> rates) throws IOException {
        for (DeviceRate rate : rates) {
            set(group, "blkio", file, rate.major() + ":" + rate.minor() + " " + rate.rate());
        }
    }

    private void set(String group, String controller, String file, @Nullable Object value) throws IOException {
        if (value == null) {
            return;
        }
        Path folder = folder(group, controller)
                .orElseThrow(() -> new IOException(
                        "cannot set " + file + " to " + value + ": this host has no cgroup controller " + controller));
        if (!Files.exists(folder.resolve(file))) {
            throw new IOException("cannot set " + file + " to " + value + ": this host's kernel has no such setting");
        }
        CgroupFiles.write(folder.resolve(file), value.toString());
    }

    private Optional<Path> folder(String group, String controller) {
        return hierarchies.stream()
                .filter(hierarchy -> hierarchy.has(controller))
                .findFirst()
                .map(hierarchy -> hierarchy.root().resolve(group));
    }

    /** The hierarchy whose process list stands for all. */
    private Path first(String group) {
        return hierarchies.getFirst().root().resolve(group);
    }

    @Override
    public List<Path> otherHierarchies() {
        return others;
    }

    @Override
    public List<Path> joinFiles(String group) {
        // the child has one thread, and "tasks" skips the lock over all threads cgroup.procs takes
        return hierarchies.stream()
                .map(hierarchy -> hierarchy.root().resolve(group).resolve("tasks"))
                .toList();
    }

    @Override
    public List<View> views(String group, boolean ownNamespace) {
        return hierarchies.stream()
                .map(hierarchy -> new View(
                        hierarchy.root().getFileName().toString(),
                        hierarchy.root().resolve(group)))
                .toList();
    }

    @Override
    public List<Integer> processes(String group) throws IOException {
        return CgroupFiles.processes(first(group));
    }

    @Override
    public boolean killAll(String group) {
        return false;
    }

    @Override
    public void freeze(String group, boolean frozen) throws IOException {
        Path file = freezer(group)
                .orElseThrow(() -> new IOException("cannot pause: this host has no cgroup controller freezer"));
        String wanted = frozen ? "FROZEN" : "THAWED";
        CgroupFiles.write(file, wanted);
        // a process that forks while it is frozen can leave the group FREEZING: asking again helps (cgroup-v1/freezer)
        Freezing.await(file, () -> CgroupFiles.read(file).equals(wanted), () -> CgroupFiles.write(file, wanted));
    }

    @Override
    public boolean frozen(String group) throws IOException {
        Optional<Path> file = freezer(group);
        return file.isPresent()
                && Files.exists(file.get())
                && !CgroupFiles.read(file.get()).equals("THAWED");
    }

    private Optional<Path> freezer(String group) {
        return folder(group, "freezer").map(folder -> folder.resolve("freezer.state"));
    }

    @Override
    public boolean oomKilled(String group) throws IOException {
        Optional<Path> folder = folder(group, "memory");
        return folder.isPresent()
                && CgroupFiles.readFlatKeyed(folder.get().resolve("memory.oom_control"))
                                .getOrDefault("oom_kill", 0L)
                        > 0;
    }

    @Override
    public boolean remove(String group) throws IOException {
        boolean removed = true;
        for (Hierarchy hierarchy : hierarchies) {
            removed &= CgroupFiles.removeTree(hierarchy.root().resolve(group));
        }
        return removed;
    }

    @Override
    public boolean exists(String group) {
        return hierarchies.stream()
                .anyMatch(hierarchy -> Files.isDirectory(hierarchy.root().resolve(group)));
    }

    @Override
    public List<String> children(String group) throws IOException {
        var names = new java.util.TreeSet<String>();
        for (Hierarchy hierarchy : hierarchies) {
            for (Path child : CgroupFiles.folders(hierarchy.root().resolve(group))) {
                names.add(child.getFileName().toString());
            }
        }
        return List.copyOf(names);
    }

    @Override
    public CgroupUsage usage(String group) throws IOException {
        Optional<Path> pids = folder(group, "pids");
        return new CgroupUsage(
                cpu(group),
                memory(group),
                pids.isPresent() ? CgroupFiles.readNumber(pids.get().resolve("pids.current")) : 0,
                pids.isPresent() ? CgroupFiles.readNumber(pids.get().resolve("pids.max")) : Long.MAX_VALUE,
                blockDevices(group));
    }

    private CgroupUsage.Cpu cpu(String group) throws IOException {
        long total = 0;
        long user = 0;
        long kernel = 0;
        List<Long> perCore = List.of();
        Optional<Path> account = folder(group, "cpuacct");
        if (account.isPresent()) {
            total = CgroupFiles.readNumber(account.get().resolve("cpuacct.usage"));
            user = CgroupFiles.readNumber(account.get().resolve("cpuacct.usage_user"));
            kernel = CgroupFiles.readNumber(account.get().resolve("cpuacct.usage_sys"));
            perCore = CgroupFiles.readNumbers(account.get().resolve("cpuacct.usage_percpu"));
        }
        Optional<Path> bandwidth = folder(group, "cpu");
        Map<String, Long> stat = bandwidth.isPresent()
                ? CgroupFiles.readFlatKeyed(bandwidth.get().resolve("cpu.stat"))
                : Map.of();
        return new CgroupUsage.Cpu(
                total,
                user,
                kernel,
                perCore,
                stat.getOrDefault("nr_periods", 0L),
                stat.getOrDefault("nr_throttled", 0L),
                stat.getOrDefault("throttled_time", 0L));
    }

    private CgroupUsage.Memory memory(String group) throws IOException {
        Optional<Path> found = folder(group, "memory");
        if (found.isEmpty()) {
            return new CgroupUsage.Memory(0, 0, Long.MAX_VALUE, 0, Map.of());
        }
        Path folder = found.get();
        long limit = CgroupFiles.readNumber(folder.resolve("memory.limit_in_bytes"));
        return new CgroupUsage.Memory(
                CgroupFiles.readNumber(folder.resolve("memory.usage_in_bytes")),
                CgroupFiles.readNumber(folder.resolve("memory.max_usage_in_bytes")),
                limit >= NO_LIMIT_FROM ? Long.MAX_VALUE : limit,
                CgroupFiles.readNumber(folder.resolve("memory.failcnt")),
                CgroupFiles.readFlatKeyed(folder.resolve("memory.stat")));
    }

    private Map<String, BlockDevice> blockDevices(String group) throws IOException {
        Optional<Path> folder = folder(group, "blkio");
        if (folder.isEmpty()) {
            return Map.of();
        }
        Map<String, Map<String, Long>> bytes = perDevice(folder.get().resolve("blkio.throttle.io_service_bytes"));
        Map<String, Map<String, Long>> operations = perDevice(folder.get().resolve("blkio.throttle.io_serviced"));
        return bytes.entrySet().stream().collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> {
            Map<String, Long> done = operations.getOrDefault(entry.getKey(), Map.of());
            return new BlockDevice(
                    entry.getValue().getOrDefault("Read", 0L),
                    entry.getValue().getOrDefault("Write", 0L),
                    done.getOrDefault("Read", 0L),
                    done.getOrDefault("Write", 0L));
        }));
    }

    /** Lines {@code 8:0 Read 4096}, and a last one {@code Total 4096}. */
    private static Map<String, Map<String, Long>> perDevice(Path file) throws IOException {
        var devices = new HashMap<String, Map<String, Long>>();
        for (String line : CgroupFiles.readLines(file)) {
            String[] words = line.split(" ");
            if (words.length == 3) {
                devices.computeIfAbsent(words[0], device -> new HashMap<>()).put(words[1], Long.valueOf(words[2]));
            }
        }
        return devices;
    }
}
