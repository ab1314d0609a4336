package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.HostDevices;
import io.flotilla.agent.runtime.spec.RuntimeSpec.DeviceRate;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import io.flotilla.agent.runtime.spec.RuntimeSpecResourcesBuilder;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.ThrottleDevice;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A container's limits as cgroup settings and rlimits; dockerd's verifyPlatformContainerResources and its words. */
final class ResourceRules {
    static final long CPU_PERIOD_MICROS = 100_000;
    private static final long NANOS_PER_CPU = 1_000_000_000L;
    private static final long LEAST_MEMORY_BYTES = 6L << 20;
    private static final long MOST_SHARES = 262_144;
    private static final Pattern DEVICE_RULE = Pattern.compile("[acb] ([0-9]{1,10}|\\*):([0-9]{1,10}|\\*) [rwm]{1,3}");

    private static final Set<String> RLIMITS = Set.of(
            "as",
            "core",
            "cpu",
            "data",
            "fsize",
            "locks",
            "memlock",
            "msgqueue",
            "nice",
            "nofile",
            "nproc",
            "rss",
            "rtprio",
            "rttime",
            "sigpending",
            "stack");

    private ResourceRules() {}

    /** @param config complete, with dockerd's defaults filled in */
    static Resources resources(HostConfig config) throws PlanRefused {
        checkMemory(config);
        checkCpus(config);
        for (String rule : config.deviceCgroupRules()) {
            refuseIf(!DEVICE_RULE.matcher(rule).matches(), "invalid device cgroup rule format: '" + rule + "'");
        }
        Long weight = positive(config.blkioWeight());
        refuseIf(weight != null && (weight < 10 || weight > 1000), "Range of blkio weight is from 10 to 1000");
        Long nanoCpus = positive(config.nanoCpus());
        Long swappiness = config.memorySwappiness();
        return RuntimeSpecResourcesBuilder.builder()
                .memoryLimitBytes(positive(config.memory()))
                .memoryReservationBytes(positive(config.memoryReservation()))
                .memorySwapBytes(zeroAsNull(config.memorySwap()))
                .memorySwappiness(swappiness == null || swappiness == -1 ? null : swappiness)
                .cpuShares(shares(config.cpuShares()))
                .cpuQuotaMicros(
                        nanoCpus == null
                                ? zeroAsNull(config.cpuQuota())
                                : (Long) (nanoCpus * CPU_PERIOD_MICROS / NANOS_PER_CPU))
                .cpuPeriodMicros(nanoCpus == null ? positive(config.cpuPeriod()) : (Long) CPU_PERIOD_MICROS)
                .cpuRealtimeRuntimeMicros(zeroAsNull(config.cpuRealtimeRuntime()))
                .cpuRealtimePeriodMicros(positive(config.cpuRealtimePeriod()))
                .cpusetCpus(emptyAsNull(config.cpusetCpus()))
                .cpusetMems(emptyAsNull(config.cpusetMems()))
                .pidsLimit(positive(config.pidsLimit()))
                .oomKillDisable(Boolean.TRUE.equals(config.oomKillDisable()))
                .blkioWeight(weight == null ? null : Math.toIntExact(weight))
                .blkioDeviceWeights(weights(config.blkioWeightDevice()))
                .blkioReadBytesPerSecond(rates(config.blkioDeviceReadBps()))
                .blkioWriteBytesPerSecond(rates(config.blkioDeviceWriteBps()))
                .blkioReadOperationsPerSecond(rates(config.blkioDeviceReadIOps()))
                .blkioWriteOperationsPerSecond(rates(config.blkioDeviceWriteIOps()))
                .deviceRules(config.deviceCgroupRules())
                .build();
    }

    private static void checkMemory(HostConfig config) throws PlanRefused {
        long memory = value(config.memory());
        long swap = value(config.memorySwap());
        long reservation = value(config.memoryReservation());
        refuseIf(memory != 0 && memory < LEAST_MEMORY_BYTES, "Minimum memory limit allowed is 6MB");
        refuseIf(
                memory > 0 && swap > 0 && swap < memory,
                "Minimum memoryswap limit should be larger than memory limit, see usage");
        refuseIf(
                memory == 0 && swap > 0,
                "You should always set the Memory limit when using Memoryswap limit, see usage");
        Long swappiness = config.memorySwappiness();
        refuseIf(
                swappiness != null && (swappiness < -1 || swappiness > 100),
                "Invalid value: " + swappiness + ", valid memory swappiness range is 0-100");
        refuseIf(reservation != 0 && reservation < LEAST_MEMORY_BYTES, "Minimum memory reservation allowed is 6MB");
        refuseIf(
                memory > 0 && reservation > 0 && memory < reservation,
                "Minimum memory limit can not be less than memory reservation limit, see usage");
    }

    private static void checkCpus(HostConfig config) throws PlanRefused {
        long nanoCpus = value(config.nanoCpus());
        long period = value(config.cpuPeriod());
        long quota = value(config.cpuQuota());
        refuseIf(nanoCpus != 0 && period != 0, "Conflicting options: Nano CPUs and CPU Period cannot both be set");
        refuseIf(nanoCpus != 0 && quota != 0, "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
        int cpus = Runtime.getRuntime().availableProcessors();
        refuseIf(
                nanoCpus < 0 || nanoCpus > cpus * NANOS_PER_CPU,
                "Range of CPUs is from 0.01 to " + cpus + ".00, as there are only " + cpus + " CPUs available");
        refuseIf(
                period != 0 && (period < 1_000 || period > 1_000_000),
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
        refuseIf(quota > 0 && quota < 1_000, "CPU cfs quota can not be less than 1ms (i.e. 1000)");
        refuseIf(
                value(config.cpuShares()) < 0,
                "invalid CPU shares (" + config.cpuShares() + "): value must be a positive integer");
        CpusetRules.check(CpusetRules.Kind.CPUS, config.cpusetCpus());
        CpusetRules.check(CpusetRules.Kind.MEMS, config.cpusetMems());
        refuseIf(
                value(config.cpuRealtimePeriod()) != 0
                        && value(config.cpuRealtimeRuntime()) > value(config.cpuRealtimePeriod()),
                "cpu real-time runtime cannot be higher than cpu real-time period");
    }

    private static List<DeviceRate> weights(List<HostConfig.BlkioWeightDevice> wanted) throws PlanRefused {
        List<DeviceRate> weights = new ArrayList<>();
        for (HostConfig.BlkioWeightDevice each : wanted) {
            long weight = value(each.weight());
            refuseIf(weight != 0 && (weight < 10 || weight > 1000), "Range of blkio weight is from 10 to 1000");
            weights.add(rate(each.path(), weight));
        }
        return weights;
    }

    private static List<DeviceRate> rates(List<ThrottleDevice> wanted) throws PlanRefused {
        List<DeviceRate> rates = new ArrayList<>();
        for (ThrottleDevice each : wanted) {
            rates.add(rate(each.path(), value(each.rate())));
        }
        return rates;
    }

    private static DeviceRate rate(@Nullable String path, long rate) throws PlanRefused {
        try {
            HostDevices.DeviceNumber number = HostDevices.number(Path.of(path == null ? "" : path));
            return new DeviceRate(number.major(), number.minor(), rate);
        } catch (IOException | InvalidPathException e) {
            throw new PlanRefused(String.valueOf(e.getMessage()));
        }
    }

    static Rlimit rlimit(HostConfig.Ulimit ulimit) throws PlanRefused {
        String name = ulimit.name() == null ? "" : ulimit.name();
        refuseIf(!RLIMITS.contains(name) || ulimit.soft() == null, "invalid ulimit type: " + name);
        long soft = value(ulimit.soft());
        long hard = ulimit.hard() == null ? soft : ulimit.hard();
        refuseIf(
                hard != -1 && (soft == -1 || soft > hard),
                "ulimit soft limit must be less than or equal to hard limit: " + soft + " > " + hard);
        return new Rlimit("RLIMIT_" + name.toUpperCase(Locale.ROOT), soft, hard);
    }

    /** dockerd raises and lowers to what the kernel takes. */
    private static @Nullable Long shares(@Nullable Long wanted) {
        Long shares = positive(wanted);
        return shares == null ? null : (Long) Math.clamp(shares, 2, MOST_SHARES);
    }

    private static void refuseIf(boolean refused, String reason) throws PlanRefused {
        if (refused) {
            throw new PlanRefused(reason);
        }
    }

    private static long value(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    private static @Nullable Long positive(@Nullable Long value) {
        return value == null || value <= 0 ? null : value;
    }

    private static @Nullable Long zeroAsNull(@Nullable Long value) {
        return value == null || value == 0 ? null : value;
    }

    private static @Nullable String emptyAsNull(@Nullable String value) {
        return value == null || value.isEmpty() ? null : value;
    }
}
