package io.flotilla.agent.stats;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.PluginsInfo;
import io.flotilla.bus.schema.Runtime;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.bus.schema.SystemInfoBuilder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The node's part of docker info. Pure. */
public final class NodeInfo {
    private NodeInfo() {}

    public static SystemInfo of(
            HostFacts host,
            String name,
            Path rootDir,
            String engineVersion,
            List<GenericResource> genericResources,
            Collection<ContainerRecord> containers,
            int images,
            Instant now) {
        long running = containers.stream().filter(ContainerRecord::running).count();
        return SystemInfoBuilder.builder()
                .containers((long) containers.size())
                .containersRunning(running)
                .containersPaused(0L)
                .containersStopped(containers.size() - running)
                .images((long) images)
                .driver("overlay2")
                .driverStatus(List.of(
                        List.of("Supports d_type", "true"),
                        List.of("Using metacopy", "false"),
                        List.of("Native Overlay Diff", "true"),
                        List.of("userxattr", "false")))
                .dockerRootDir(rootDir.toString())
                .plugins(new PluginsInfo(
                        List.of("local"), List.of("bridge", "host", "null"), List.of(), List.of("json-file", "none")))
                .memoryLimit(true)
                .swapLimit(host.swapLimit())
                .cpuCfsPeriod(true)
                .cpuCfsQuota(true)
                .cpuShares(true)
                .cpuSet(true)
                .pidsLimit(true)
                .oomKillDisable(host.cgroupVersion() == 1)
                .iPv4Forwarding(host.forwarding())
                .debug(false)
                .nFd(0L)
                .nGoroutines((long) Thread.activeCount())
                .nEventsListener(0L)
                .systemTime(now.toString())
                .loggingDriver("json-file")
                .cgroupDriver("cgroupfs")
                .cgroupVersion(Integer.toString(host.cgroupVersion()))
                .kernelVersion(host.kernelVersion())
                .operatingSystem(host.operatingSystem())
                .osVersion(host.osVersion())
                .osType("linux")
                .architecture(host.architecture())
                .ncpu((long) host.cpus())
                .memTotal(host.memoryBytes())
                .genericResources(genericResources)
                .name(name)
                .experimentalBuild(false)
                .serverVersion(engineVersion)
                .runtimes(Map.of("flotilla", new Runtime("flotilla", List.of(), Map.of())))
                .defaultRuntime("flotilla")
                .liveRestoreEnabled(true)
                .isolation("")
                .initBinary("")
                .securityOptions(List.of("name=seccomp,profile=builtin", "name=cgroupns"))
                .build();
    }
}
