package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import io.flotilla.agent.runtime.spec.RuntimeSpecResourcesBuilder;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A service's limits and reservations as cgroup settings and rlimits. */
final class ResourceRules {
    static final long CPU_PERIOD_MICROS = 100_000;
    private static final long NANOS_PER_CPU = 1_000_000_000L;

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

    static Resources resources(@Nullable ResourceRequirements wanted) {
        if (wanted == null) {
            return Resources.UNLIMITED;
        }
        Limit limits = wanted.limits();
        ResourceObject reservations = wanted.reservations();
        Long memory = limits == null ? null : positive(limits.memoryBytes());
        Long nanoCpus = limits == null ? null : positive(limits.nanoCpus());
        Long pids = limits == null ? null : positive(limits.pids());
        Long reservation = reservations == null ? null : positive(reservations.memoryBytes());
        return RuntimeSpecResourcesBuilder.builder()
                .memoryLimitBytes(memory)
                .memoryReservationBytes(reservation)
                .memorySwapBytes(memorySwap(memory, wanted.swapBytes()))
                .cpuQuotaMicros(nanoCpus == null ? null : nanoCpus * CPU_PERIOD_MICROS / NANOS_PER_CPU)
                .cpuPeriodMicros(nanoCpus == null ? null : CPU_PERIOD_MICROS)
                .pidsLimit(pids)
                .build();
    }

    /** Docker's MemorySwap is memory and swap together, and twice the memory when only that is limited. */
    static @Nullable Long memorySwap(@Nullable Long memory, @Nullable Long swapBytes) {
        if (memory == null) {
            return null;
        }
        if (swapBytes == null) {
            return 2 * memory;
        }
        return swapBytes < 0 ? (Long) (-1L) : (Long) (memory + swapBytes);
    }

    static Rlimit rlimit(ContainerSpec.Ulimit ulimit) throws PlanRefused {
        String name = ulimit.name() == null ? "" : ulimit.name();
        if (!RLIMITS.contains(name) || ulimit.soft() == null) {
            throw new PlanRefused("invalid ulimit type: " + name);
        }
        long soft = ulimit.soft();
        long hard = ulimit.hard() == null ? soft : ulimit.hard();
        if (hard != -1 && (soft == -1 || soft > hard)) {
            throw new PlanRefused("ulimit soft limit must be less than or equal to hard limit: " + soft + " > " + hard);
        }
        return new Rlimit("RLIMIT_" + name.toUpperCase(Locale.ROOT), soft, hard);
    }

    private static @Nullable Long positive(@Nullable Long value) {
        return value == null || value <= 0 ? null : value;
    }
}
