package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.RestartPolicy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** docker update: moby's container/container_unix.go. Zero means not given, as there. */
final class ContainerLimits {
    private ContainerLimits() {}

    static HostConfig updated(HostConfig current, HostConfig change) {
        return current.with(host -> host.blkioWeight(or(change.blkioWeight(), current.blkioWeight()))
                .cpuShares(or(change.cpuShares(), current.cpuShares()))
                .nanoCpus(or(change.nanoCpus(), current.nanoCpus()))
                .cpuPeriod(or(change.cpuPeriod(), current.cpuPeriod()))
                .cpuQuota(or(change.cpuQuota(), current.cpuQuota()))
                .cpuRealtimePeriod(or(change.cpuRealtimePeriod(), current.cpuRealtimePeriod()))
                .cpuRealtimeRuntime(or(change.cpuRealtimeRuntime(), current.cpuRealtimeRuntime()))
                .cpusetCpus(or(change.cpusetCpus(), current.cpusetCpus()))
                .cpusetMems(or(change.cpusetMems(), current.cpusetMems()))
                .memory(or(change.memory(), current.memory()))
                .memorySwap(or(change.memorySwap(), current.memorySwap()))
                .memoryReservation(or(change.memoryReservation(), current.memoryReservation()))
                // here zero is a value: no limit
                .pidsLimit(change.pidsLimit() == null ? current.pidsLimit() : change.pidsLimit())
                .restartPolicy(restarts(change) ? change.restartPolicy() : current.restartPolicy()));
    }

    static @Nullable Refusal conflict(HostConfig current, HostConfig change) {
        boolean policy = restarts(change)
                && !"no".equals(Objects.requireNonNull(change.restartPolicy()).name());
        return new Refusals()
                .when(
                        set(change.nanoCpus()) && set(current.cpuPeriod()),
                        () -> conflicting("Nano CPUs cannot be updated as CPU Period has already been set"))
                .when(
                        set(change.nanoCpus()) && set(current.cpuQuota()),
                        () -> conflicting("Nano CPUs cannot be updated as CPU Quota has already been set"))
                .when(
                        set(change.cpuPeriod()) && set(current.nanoCpus()),
                        () -> conflicting("CPU Period cannot be updated as NanoCPUs has already been set"))
                .when(
                        set(change.cpuQuota()) && set(current.nanoCpus()),
                        () -> conflicting("CPU Quota cannot be updated as NanoCPUs has already been set"))
                .when(
                        set(change.memory())
                                && value(current.memorySwap()) > 0
                                && value(change.memory()) > value(current.memorySwap())
                                && !set(change.memorySwap()),
                        () -> Refusal.conflict("Memory limit should be smaller than already set memoryswap limit,"
                                + " update the memoryswap at the same time"))
                .when(
                        policy && Boolean.TRUE.equals(current.autoRemove()),
                        () -> Refusal.conflict(
                                "Restart policy cannot be updated because AutoRemove is enabled for the container"))
                .first();
    }

    private static Refusal conflicting(String what) {
        return Refusal.conflict("Conflicting options: " + what);
    }

    private static boolean restarts(HostConfig change) {
        RestartPolicy policy = change.restartPolicy();
        return policy != null && policy.name() != null && !policy.name().isEmpty();
    }

    private static @Nullable Long or(@Nullable Long changed, @Nullable Long current) {
        return set(changed) ? changed : current;
    }

    private static @Nullable String or(@Nullable String changed, @Nullable String current) {
        return changed == null || changed.isEmpty() ? current : changed;
    }

    private static boolean set(@Nullable Long value) {
        return value(value) != 0;
    }

    private static long value(@Nullable Long value) {
        return Objects.requireNonNullElse(value, 0L);
    }
}
