package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.RestartPolicy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A HostConfig with everything dockerd fills in, and what it refuses of the whole. */
final class HostConfigRules {
    /** As docker inspect and Config.Runtime name our own runtime. */
    static final String OWN_RUNTIME = "flotilla";

    private static final long MAX_OOM_SCORE = 1000;

    private HostConfigRules() {}

    /** @throws PlanRefused by name for what can't be done */
    static HostConfig complete(HostConfig wanted) throws PlanRefused {
        refuseForeign(wanted);
        check(wanted);
        long memory = orZero(wanted.memory());
        long swap = orZero(wanted.memorySwap());
        RestartPolicy policy = wanted.restartPolicy();
        boolean privileged = Boolean.TRUE.equals(wanted.privileged());
        HostConfig.LogConfig log = wanted.logConfig();
        String driver = log == null ? "" : text(log.type());
        SecurityRules security = SecurityRules.of(wanted);
        return wanted.withCpuShares(orZero(wanted.cpuShares()))
                .withMemory(memory)
                .withMemoryReservation(orZero(wanted.memoryReservation()))
                // twice the memory when only that is limited
                .withMemorySwap(memory > 0 && swap == 0 ? 2 * memory : swap)
                .withNanoCpus(orZero(wanted.nanoCpus()))
                .withCpuPeriod(orZero(wanted.cpuPeriod()))
                .withCpuQuota(orZero(wanted.cpuQuota()))
                .withCpuRealtimePeriod(orZero(wanted.cpuRealtimePeriod()))
                .withCpuRealtimeRuntime(orZero(wanted.cpuRealtimeRuntime()))
                .withCpusetCpus(text(wanted.cpusetCpus()))
                .withCpusetMems(text(wanted.cpusetMems()))
                .withBlkioWeight(orZero(wanted.blkioWeight()))
                .withCpuCount(0L)
                .withCpuPercent(0L)
                .withIoMaximumIops(0L)
                .withIoMaximumBandwidth(0L)
                .withCgroupParent(text(wanted.cgroupParent()))
                .withCgroup("")
                .withCgroupnsMode(either(wanted.cgroupnsMode(), "private"))
                .withContainerIDFile(text(wanted.containerIDFile()))
                .withLogConfig(new HostConfig.LogConfig(
                        driver.isEmpty() ? "json-file" : driver, log == null ? Map.of() : log.config()))
                .withNetworkMode(either(wanted.networkMode(), "default"))
                .withRestartPolicy(
                        policy == null || text(policy.name()).isEmpty()
                                ? new RestartPolicy("no", 0L)
                                : new RestartPolicy(policy.name(), orZero(policy.maximumRetryCount())))
                .withAutoRemove(Boolean.TRUE.equals(wanted.autoRemove()))
                .withVolumeDriver(text(wanted.volumeDriver()))
                .withConsoleSize(wanted.consoleSize().size() == 2 ? wanted.consoleSize() : List.of(0L, 0L))
                .withIpcMode(either(wanted.ipcMode(), "private"))
                .withOomKillDisable(Boolean.TRUE.equals(wanted.oomKillDisable()))
                .withOomScoreAdj(orZero(wanted.oomScoreAdj()))
                .withPidMode(text(wanted.pidMode()))
                .withPrivileged(privileged)
                .withPublishAllPorts(Boolean.TRUE.equals(wanted.publishAllPorts()))
                .withReadonlyRootfs(Boolean.TRUE.equals(wanted.readonlyRootfs()))
                .withUtsMode(text(wanted.utsMode()))
                .withUsernsMode(text(wanted.usernsMode()))
                .withShmSize(orZero(wanted.shmSize()) == 0 ? (Long) Defaults.SHM_SIZE_BYTES : wanted.shmSize())
                .withRuntime(either(wanted.runtime(), OWN_RUNTIME))
                .withIsolation(text(wanted.isolation()))
                .withMaskedPaths(security.maskedPaths())
                .withReadonlyPaths(security.readonlyPaths());
    }

    /** What another operating system, driver or storage would be needed for. */
    private static void refuseForeign(HostConfig wanted) throws PlanRefused {
        refuseIf(orZero(wanted.cpuCount()) != 0, "HostConfig.CpuCount is for Windows only");
        refuseIf(orZero(wanted.cpuPercent()) != 0, "HostConfig.CpuPercent is for Windows only");
        refuseIf(orZero(wanted.ioMaximumIops()) != 0, "HostConfig.IOMaximumIOps is for Windows only");
        refuseIf(orZero(wanted.ioMaximumBandwidth()) != 0, "HostConfig.IOMaximumBandwidth is for Windows only");
        String isolation = text(wanted.isolation());
        refuseIf(
                !isolation.isEmpty() && !isolation.equals("default"),
                "invalid isolation \"" + isolation + "\": linux only supports 'default'");
        refuseIf(!text(wanted.cgroup()).isEmpty(), "HostConfig.Cgroup is not supported");
        if (!wanted.deviceRequests().isEmpty()) {
            var request = wanted.deviceRequests().getFirst();
            throw new PlanRefused("could not select device driver \"" + text(request.driver())
                    + "\" with capabilities: " + request.capabilities());
        }
        refuseIf(
                !wanted.storageOpt().isEmpty(),
                "--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
    }

    private static void check(HostConfig wanted) throws PlanRefused {
        refuseIf(orZero(wanted.shmSize()) < 0, "SHM size can not be less than 0");
        long score = orZero(wanted.oomScoreAdj());
        refuseIf(
                score < -MAX_OOM_SCORE || score > MAX_OOM_SCORE,
                "Invalid value " + score + ", range for oom score adj is [-1000, 1000]");
        checkRestart(wanted);
        for (String host : wanted.extraHosts()) {
            refuseIf(!host.matches("[^:=]+[:=].+"), "bad format for add-host: \"" + host + "\"");
        }
        for (String address : wanted.dns()) {
            refuseIf(!address.matches("[0-9a-fA-F.:]+"), "bad nameserver address: \"" + address + "\"");
        }
        for (long size : wanted.consoleSize()) {
            refuseIf(size < 0 || size > 65535, "invalid console size: " + wanted.consoleSize());
        }
    }

    /** dockerd's ValidateRestartPolicy. */
    private static void checkRestart(HostConfig wanted) throws PlanRefused {
        RestartPolicy policy = wanted.restartPolicy();
        String name = policy == null ? "" : text(policy.name());
        long most = policy == null ? 0 : orZero(policy.maximumRetryCount());
        switch (name) {
            case "", "no", "always", "unless-stopped" ->
                refuseIf(
                        most != 0,
                        "invalid restart policy: maximum retry count can only be used with 'on-failure'"
                                + (most < 0 ? " and cannot be negative" : ""));
            case "on-failure" -> refuseIf(most < 0, "invalid restart policy: maximum retry count cannot be negative");
            default ->
                throw new PlanRefused("invalid restart policy: unknown policy '" + name
                        + "'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'");
        }
        refuseIf(
                Boolean.TRUE.equals(wanted.autoRemove()) && !name.isEmpty() && !name.equals("no"),
                "can't create 'AutoRemove' container with restart policy");
    }

    private static void refuseIf(boolean refused, String reason) throws PlanRefused {
        if (refused) {
            throw new PlanRefused(reason);
        }
    }

    private static Long orZero(@Nullable Long value) {
        return value == null ? (Long) 0L : value;
    }

    private static String text(@Nullable String value) {
        return Objects.requireNonNullElse(value, "");
    }

    private static String either(@Nullable String value, String otherwise) {
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
