package io.flotilla.agent.stats;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.PluginsInfo;
import io.flotilla.bus.schema.Runtime;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.bus.schema.SystemInfoBuilder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The node's part of docker info. Pure. */
public final class NodeInfo {
    private static final String OWN_RUNTIME = "flotilla";

    private NodeInfo() {}

    public static SystemInfo of(
            HostFacts host,
            String name,
            Path rootDir,
            String engineVersion,
            List<GenericResource> genericResources,
            Collection<ContainerRecord> containers,
            int images,
            List<String> volumePlugins,
            Map<String, Path> ociRuntimes,
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
                        volumeDrivers(volumePlugins),
                        List.of("bridge", "host", "null"),
                        List.of(),
                        List.of("json-file", "none")))
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
                .runtimes(runtimes(ociRuntimes))
                .defaultRuntime(OWN_RUNTIME)
                .liveRestoreEnabled(true)
                .isolation("")
                .initBinary("")
                .securityOptions(securityOptions(host))
                .warnings(host.swapLimit() ? List.of() : List.of("WARNING: No swap limit support"))
                .build();
    }

    private static List<String> volumeDrivers(List<String> plugins) {
        return Stream.concat(Stream.of("local"), plugins.stream()).sorted().toList();
    }

    /** Our own, and those that are installed. */
    private static Map<String, Runtime> runtimes(Map<String, Path> installed) {
        Map<String, Runtime> runtimes = new TreeMap<>();
        runtimes.put(OWN_RUNTIME, new Runtime(OWN_RUNTIME, List.of(), Map.of()));
        installed.forEach((name, program) -> runtimes.put(name, new Runtime(program.toString(), List.of(), Map.of())));
        return runtimes;
    }

    private static List<String> securityOptions(HostFacts host) {
        List<String> options = new ArrayList<>();
        if (host.appArmor()) {
            options.add("name=apparmor");
        }
        options.add("name=seccomp,profile=builtin");
        options.add("name=cgroupns");
        return options;
    }
}
