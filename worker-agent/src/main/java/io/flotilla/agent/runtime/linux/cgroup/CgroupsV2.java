package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.ResourceUsage.BlockDevice;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.DeviceRate;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Version 2: one hierarchy; a group gets the controllers its parents pass on (cgroup-v2, "Controlling Controllers"). */
final class CgroupsV2 implements Cgroups {
    private static final List<String> CONTROLLERS = List.of("cpu", "cpuset", "io", "memory", "pids");
    private static final long DEFAULT_PERIOD_MICROS = 100_000;

    private final Path root;
    private final DeviceGate deviceGate;

    CgroupsV2(Path root, DeviceGate deviceGate) {
        this.root = root;
        this.deviceGate = deviceGate;
    }

    @Override
    public void create(String group, Resources resources, List<Device> devices) throws IOException {
        Path folder = root;
        for (Path name : Path.of(group)) {
            passOnControllers(folder);
            folder = folder.resolve(name);
            CgroupFiles.makeFolder(folder);
        }
        // before any process is in it: a container may make device nodes, and must not open the host's disks by them
        deviceGate.allowOnly(folder, DeviceRule.rulesFor(devices, resources.deviceRules()));
        update(group, resources);
    }

    @Override
    public void update(String group, Resources resources) throws IOException {
        Path folder = root.resolve(group);
        setMemory(folder, resources);
        Long shares = resources.cpuShares();
        set(folder, "cpu.weight", shares == null || shares == 0 ? null : weight(shares));
        set(folder, "cpu.max", cpuMax(resources));
        set(folder, "cpuset.cpus", resources.cpusetCpus());
        set(folder, "cpuset.mems", resources.cpusetMems());
        refuse(resources);
        setBlockIo(folder, resources);
        Long pids = resources.pidsLimit();
        set(folder, "pids.max", pids == null ? null : pids <= 0 ? CgroupFiles.MAX : pids.toString());
        for (Map.Entry<String, String> file : resources.unified().entrySet()) {
            if (file.getKey().contains("/")) {
                throw new IOException("cannot set " + file.getKey() + ": not the name of a cgroup file");
            }
            set(folder, file.getKey(), file.getValue());
        }
    }

    /** What version 2 has no setting for. */
    private static void refuse(Resources resources) throws IOException {
        Long swappiness = resources.memorySwappiness();
        String without = swappiness != null && swappiness >= 0
                ? "memory swappiness"
                : resources.oomKillDisable()
                        ? "disabling the out-of-memory killer"
                        : resources.cpuRealtimeRuntimeMicros() != null || resources.cpuRealtimePeriodMicros() != null
                                ? "realtime CPU time"
                                : null;
        if (without != null) {
            throw new IOException(without + " is not possible on this host: it has cgroup version 2");
        }
    }

    private static void setBlockIo(Path folder, Resources resources) throws IOException {
        Integer weight = resources.blkioWeight();
        boolean bfq = Files.exists(folder.resolve("io.bfq.weight"));
        String file = bfq ? "io.bfq.weight" : "io.weight";
        set(folder, file, weight == null ? null : "default " + (bfq ? weight : ioWeight(weight)));
        for (DeviceRate device : resources.blkioDeviceWeights()) {
            set(folder, file, key(device) + " " + (bfq ? device.rate() : ioWeight(device.rate())));
        }
        setRates(folder, "rbps", resources.blkioReadBytesPerSecond());
        setRates(folder, "wbps", resources.blkioWriteBytesPerSecond());
        setRates(folder, "riops", resources.blkioReadOperationsPerSecond());
        setRates(folder, "wiops", resources.blkioWriteOperationsPerSecond());
    }

    private static void setRates(Path folder, String kind, List<DeviceRate> rates) throws IOException {
        for (DeviceRate rate : rates) {
            set(folder, "io.max", key(rate) + " " + kind + "=" + rate.rate());
        }
    }

    private static String key(DeviceRate device) {
        return device.major() + ":" + device.minor();
    }

    /** runc's conversion of 10..1000 to 1..10000. */
    static long ioWeight(long weight) {
        return 1 + (Math.clamp(weight, 10L, 1000L) - 10) * 9999 / 990;
    }

    private static void passOnControllers(Path folder) throws IOException {
        Path file = folder.resolve("cgroup.subtree_control");
        var missing = new TreeSet<>(
                Set.of(CgroupFiles.read(folder.resolve("cgroup.controllers")).split(" ")));
        missing.retainAll(CONTROLLERS);
        missing.removeAll(Set.of(CgroupFiles.read(file).split(" ")));
        if (!missing.isEmpty()) {
            CgroupFiles.write(
                    file, missing.stream().map(controller -> "+" + controller).collect(Collectors.joining(" ")));
        }
    }

    private static void setMemory(Path folder, Resources resources) throws IOException {
        Long limit = resources.memoryLimitBytes();
        Long swap = resources.memorySwapBytes();
        set(folder, "memory.max", limit == null ? null : limit < 0 ? CgroupFiles.MAX : limit.toString());
        // Docker's swap is the sum of memory and swap, version 2 limits swap alone
        if (swap != null && Files.exists(folder.resolve("memory.swap.max"))) {
            long memory = limit == null ? 0 : limit;
            set(folder, "memory.swap.max", swap < 0 ? CgroupFiles.MAX : Long.toString(Math.max(0, swap - memory)));
        }
        set(folder, "memory.low", resources.memoryReservationBytes());
    }

    /** Docker's conversion of 2..262144 to 1..10000. */
    static long weight(long shares) {
        return 1 + (Math.clamp(shares, 2L, 262_144L) - 2) * 9999 / 262_142;
    }

    private static @Nullable String cpuMax(Resources resources) {
        Long quota = resources.cpuQuotaMicros();
        Long period = resources.cpuPeriodMicros();
        if (quota == null && period == null) {
            return null;
        }
        return (quota == null || quota <= 0 ? CgroupFiles.MAX : quota.toString())
                + " "
                + (period == null || period == 0 ? DEFAULT_PERIOD_MICROS : period);
    }

    private static void set(Path folder, String file, @Nullable Object value) throws IOException {
        if (value == null) {
            return;
        }
        if (!Files.exists(folder.resolve(file))) {
            throw new IOException("cannot set " + file + " to " + value + ": this host has no such cgroup controller");
        }
        CgroupFiles.write(folder.resolve(file), value.toString());
    }

    @Override
    public List<Path> otherHierarchies() {
        return List.of();
    }

    @Override
    public List<Path> joinFiles(String group) {
        return List.of(root.resolve(group).resolve("cgroup.procs"));
    }

    @Override
    public List<View> views(String group, boolean ownNamespace) {
        return List.of(new View("", ownNamespace ? root.resolve(group) : root));
    }

    @Override
    public List<Integer> processes(String group) throws IOException {
        return CgroupFiles.processes(root.resolve(group));
    }

    @Override
    public boolean killAll(String group) throws IOException {
        Path file = root.resolve(group).resolve("cgroup.kill"); // since Linux 5.14
        if (!Files.exists(file)) {
            return false;
        }
        CgroupFiles.write(file, "1");
        return true;
    }

    @Override
    public void freeze(String group, boolean frozen) throws IOException {
        Path folder = root.resolve(group);
        CgroupFiles.write(folder.resolve("cgroup.freeze"), frozen ? "1" : "0");
        long wanted = frozen ? 1 : 0;
        Freezing.await(
                folder,
                () -> CgroupFiles.readFlatKeyed(folder.resolve("cgroup.events")).getOrDefault("frozen", 0L) == wanted,
                () -> {});
    }

    @Override
    public boolean frozen(String group) throws IOException {
        return CgroupFiles.readNumber(root.resolve(group).resolve("cgroup.freeze")) != 0;
    }

    @Override
    public boolean oomKilled(String group) throws IOException {
        return CgroupFiles.readFlatKeyed(root.resolve(group).resolve("memory.events"))
                        .getOrDefault("oom_kill", 0L)
                > 0;
    }

    @Override
    public boolean remove(String group) throws IOException {
        return CgroupFiles.removeTree(root.resolve(group));
    }

    @Override
    public boolean exists(String group) {
        return Files.isDirectory(root.resolve(group));
    }

    @Override
    public List<String> children(String group) throws IOException {
        return CgroupFiles.folders(root.resolve(group)).stream()
                .map(child -> child.getFileName().toString())
                .sorted()
                .toList();
    }

    @Override
    public CgroupUsage usage(String group) throws IOException {
        Path folder = root.resolve(group);
        Map<String, Long> cpu = CgroupFiles.readFlatKeyed(folder.resolve("cpu.stat"));
        return new CgroupUsage(
                new CgroupUsage.Cpu(
                        cpu.getOrDefault("usage_usec", 0L) * 1000,
                        cpu.getOrDefault("user_usec", 0L) * 1000,
                        cpu.getOrDefault("system_usec", 0L) * 1000,
                        List.of(),
                        cpu.getOrDefault("nr_periods", 0L),
                        cpu.getOrDefault("nr_throttled", 0L),
                        cpu.getOrDefault("throttled_usec", 0L) * 1000),
                new CgroupUsage.Memory(
                        CgroupFiles.readNumber(folder.resolve("memory.current")),
                        CgroupFiles.readNumber(folder.resolve("memory.peak")),
                        limit(folder.resolve("memory.max")),
                        CgroupFiles.readFlatKeyed(folder.resolve("memory.events"))
                                .getOrDefault("max", 0L),
                        CgroupFiles.readFlatKeyed(folder.resolve("memory.stat"))),
                CgroupFiles.readNumber(folder.resolve("pids.current")),
                limit(folder.resolve("pids.max")),
                blockDevices(folder.resolve("io.stat")));
    }

    private static long limit(Path file) throws IOException {
        return Files.exists(file) ? CgroupFiles.readNumber(file) : Long.MAX_VALUE;
    }

    /** Lines {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...}. */
    private static Map<String, BlockDevice> blockDevices(Path file) throws IOException {
        var devices = new HashMap<String, BlockDevice>();
        for (String line : CgroupFiles.readLines(file)) {
            String[] words = line.split(" ");
            var counters = new HashMap<String, Long>();
            for (int i = 1; i < words.length; i++) {
                int equals = words[i].indexOf('=');
                if (equals > 0) {
                    counters.put(words[i].substring(0, equals), CgroupFiles.number(words[i].substring(equals + 1)));
                }
            }
            devices.put(
                    words[0],
                    new BlockDevice(
                            counters.getOrDefault("rbytes", 0L),
                            counters.getOrDefault("wbytes", 0L),
                            counters.getOrDefault("rios", 0L),
                            counters.getOrDefault("wios", 0L)));
        }
        return devices;
    }
}
