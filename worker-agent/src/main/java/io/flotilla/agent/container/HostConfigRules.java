package io.flotilla.agent.container;

import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.RestartPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The HostConfig docker inspect shows of a task's container: dockerd's defaults and what the service sets. */
final class HostConfigRules {
    private HostConfigRules() {}

    static HostConfig hostConfig(
            RunTask task, ContainerSpec spec, List<Mount> mounts, List<PortMapping> ports, NetworkKind network) {
        Resources resources = ResourceRules.resources(task.spec().resources());
        ContainerSpec.DnsConfig dns = spec.dnsConfig();
        var logDriver = task.spec().logDriver();
        return HostConfigBuilder.builder()
                .cpuShares(0L)
                .memory(orZero(resources.memoryLimitBytes()))
                .memoryReservation(orZero(resources.memoryReservationBytes()))
                .memorySwap(orZero(resources.memorySwapBytes()))
                .nanoCpus(nanoCpus(task))
                .cpuPeriod(0L)
                .cpuQuota(0L)
                .cpuRealtimePeriod(0L)
                .cpuRealtimeRuntime(0L)
                .cpusetCpus("")
                .cpusetMems("")
                .blkioWeight(0L)
                .cpuCount(0L)
                .cpuPercent(0L)
                .ioMaximumIops(0L)
                .ioMaximumBandwidth(0L)
                .pidsLimit(resources.pidsLimit())
                .ulimits(ulimits(spec))
                .cgroupParent("")
                .cgroup("")
                .cgroupnsMode("private")
                .containerIDFile("")
                .logConfig(new HostConfig.LogConfig(
                        ContainerPlan.logDriver(task), logDriver == null ? Map.of() : logDriver.options()))
                .networkMode(network == NetworkKind.BRIDGE ? "default" : network.networkName())
                .portBindings(bindings(ports))
                .restartPolicy(new RestartPolicy("", 0L))
                .autoRemove(false)
                .volumeDriver("")
                .mounts(mounts)
                .consoleSize(List.of(0L, 0L))
                .capAdd(spec.capabilityAdd())
                .capDrop(spec.capabilityDrop())
                .dns(dns == null ? List.of() : dns.nameservers())
                .dnsSearch(dns == null ? List.of() : dns.search())
                .dnsOptions(dns == null ? List.of() : dns.options())
                .extraHosts(ExtraHosts.dockerForm(spec.hosts()))
                .groupAdd(spec.groups())
                .ipcMode("private")
                .oomScoreAdj(spec.oomScoreAdj() == null ? (Long) 0L : spec.oomScoreAdj())
                .pidMode("")
                .privileged(false)
                .publishAllPorts(false)
                .readonlyRootfs(Boolean.TRUE.equals(spec.readOnly()))
                .utsMode("")
                .usernsMode("")
                .shmSize(Defaults.SHM_SIZE_BYTES)
                .sysctls(spec.sysctls())
                .runtime("flotilla")
                .isolation("")
                .init(spec.init())
                .maskedPaths(Defaults.maskedPaths())
                .readonlyPaths(Defaults.readonlyPaths())
                .build();
    }

    private static Long orZero(@Nullable Long value) {
        return value == null ? (Long) 0L : value;
    }

    private static Long nanoCpus(RunTask task) {
        var resources = task.spec().resources();
        Limit limits = resources == null ? null : resources.limits();
        return orZero(limits == null ? null : limits.nanoCpus());
    }

    private static List<HostConfig.Ulimit> ulimits(ContainerSpec spec) {
        List<HostConfig.Ulimit> ulimits = new ArrayList<>();
        for (ContainerSpec.Ulimit ulimit : spec.ulimits()) {
            ulimits.add(new HostConfig.Ulimit(ulimit.name(), ulimit.soft(), ulimit.hard()));
        }
        return List.copyOf(ulimits);
    }

    private static Map<String, List<PortBinding>> bindings(List<PortMapping> ports) {
        Map<String, List<PortBinding>> bindings = new LinkedHashMap<>();
        for (PortMapping port : ports) {
            bindings.computeIfAbsent(key(port), key -> new ArrayList<>())
                    .add(new PortBinding(port.hostAddress(), port.hostPort() == 0 ? "" : "" + port.hostPort()));
        }
        return bindings;
    }

    /** Docker's name of a container port, 80/tcp. */
    static String key(PortMapping port) {
        return port.containerPort() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
    }
}
