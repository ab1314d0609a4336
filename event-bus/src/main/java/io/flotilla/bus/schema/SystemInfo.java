package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The SystemInfo object of the Engine API.
 *
 * @param id Unique identifier of the daemon.
 * @param containers Total number of containers on the host.
 * @param containersRunning Number of containers with status {@code "running"}.
 * @param containersPaused Number of containers with status {@code "paused"}.
 * @param containersStopped Number of containers with status {@code "stopped"}.
 * @param images Total number of images on the host.
 * @param driver Name of the storage driver in use.
 * @param driverStatus Information specific to the storage driver, provided as "label" / "value" pairs.
 * @param dockerRootDir Root directory of persistent Docker state.
 * @param plugins Available plugins per type.
 * @param memoryLimit Indicates if the host has memory limit support enabled.
 * @param swapLimit Indicates if the host has memory swap limit support enabled.
 * @param cpuCfsPeriod Indicates if CPU CFS(Completely Fair Scheduler) period is supported by the host.
 * @param cpuCfsQuota Indicates if CPU CFS(Completely Fair Scheduler) quota is supported by the host.
 * @param cpuShares Indicates if CPU Shares limiting is supported by the host.
 * @param cpuSet Indicates if CPUsets (cpuset.cpus, cpuset.mems) are supported by the host.
 * @param pidsLimit Indicates if the host kernel has PID limit support enabled.
 * @param oomKillDisable Indicates if OOM killer disable is supported on the host.
 * @param iPv4Forwarding Indicates IPv4 forwarding is enabled.
 * @param debug Indicates if the daemon is running in debug-mode / with debug-level logging enabled.
 * @param nFd The total number of file Descriptors in use by the daemon process.
 * @param nGoroutines The number of goroutines that currently exist.
 * @param systemTime Current system-time in RFC 3339 format with nano-seconds.
 * @param loggingDriver The logging driver to use as a default for new containers.
 * @param cgroupDriver The driver to use for managing cgroups.
 * @param cgroupVersion The version of the cgroup.
 * @param nEventsListener Number of event listeners subscribed.
 * @param kernelVersion Kernel version of the host.
 * @param operatingSystem Name of the host's operating system, for example: "Ubuntu 24.04 LTS" or "Windows Server 2016 Datacenter"
 * @param osVersion Version of the host's operating system
 * @param osType Generic type of the operating system of the host, as returned by the Go runtime ({@code GOOS}).
 * @param architecture Hardware architecture of the host, as returned by the operating system.
 * @param ncpu The number of logical CPUs usable by the daemon.
 * @param memTotal Total amount of physical memory available on the host, in bytes.
 * @param indexServerAddress Address / URL of the index server that is used for image search, and as a default for user authentication for Docker Hub and Docker Cloud.
 * @param registryConfig RegistryServiceConfig stores daemon registry services configuration.
 * @param genericResources User-defined resources can be either Integer resources (e.g, {@code SSD=3}) or String resources (e.g, {@code GPU=UUID1}).
 * @param httpProxy HTTP-proxy configured for the daemon.
 * @param httpsProxy HTTPS-proxy configured for the daemon.
 * @param noProxy Comma-separated list of domain extensions for which no proxy should be used.
 * @param name Hostname of the host.
 * @param labels User-defined labels (key/value metadata) as set on the daemon.
 * @param experimentalBuild Indicates if experimental features are enabled on the daemon.
 * @param serverVersion Version string of the daemon.
 * @param runtimes List of OCI compliant runtimes configured on the daemon.
 * @param defaultRuntime Name of the default OCI runtime that is used when starting containers.
 * @param swarm Represents generic information about swarm.
 * @param liveRestoreEnabled Indicates if live restore is enabled.
 * @param isolation Represents the isolation technology to use as a default for containers.
 * @param initBinary Name and, optional, path of the {@code docker-init} binary.
 * @param containerdCommit Commit holds the Git-commit (SHA1) that a binary was built from, as reported in the version-string of external tools, such as {@code containerd}, or {@code runC}.
 * @param runcCommit Commit holds the Git-commit (SHA1) that a binary was built from, as reported in the version-string of external tools, such as {@code containerd}, or {@code runC}.
 * @param initCommit Commit holds the Git-commit (SHA1) that a binary was built from, as reported in the version-string of external tools, such as {@code containerd}, or {@code runC}.
 * @param securityOptions List of security features that are enabled on the daemon, such as apparmor, seccomp, SELinux, user-namespaces (userns), rootless and no-new-privileges.
 * @param productLicense Reports a summary of the product license on the daemon.
 * @param defaultAddressPools List of custom default address pools for local networks, which can be specified in the daemon.json file or dockerd option.
 * @param firewallBackend Information about the daemon's firewalling configuration.
 * @param discoveredDevices List of devices discovered by device drivers.
 * @param warnings List of warnings / informational messages about missing features, or issues related to the daemon configuration.
 * @param cdiSpecDirs List of directories where (Container Device Interface) CDI specifications are located.
 * @param containerd Information for connecting to the containerd instance that is used by the daemon.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record SystemInfo(
        @JsonProperty("ID") @Nullable String id,
        @Nullable Long containers,
        @Nullable Long containersRunning,
        @Nullable Long containersPaused,
        @Nullable Long containersStopped,
        @Nullable Long images,
        @Nullable String driver,
        List<List<String>> driverStatus,
        @Nullable String dockerRootDir,
        @Nullable PluginsInfo plugins,
        @Nullable Boolean memoryLimit,
        @Nullable Boolean swapLimit,
        @Nullable Boolean cpuCfsPeriod,
        @Nullable Boolean cpuCfsQuota,
        @JsonProperty("CPUShares") @Nullable Boolean cpuShares,
        @JsonProperty("CPUSet") @Nullable Boolean cpuSet,
        @Nullable Boolean pidsLimit,
        @Nullable Boolean oomKillDisable,
        @Nullable Boolean iPv4Forwarding,
        @Nullable Boolean debug,
        @Nullable Long nFd,
        @Nullable Long nGoroutines,
        @Nullable String systemTime,
        @Nullable String loggingDriver,
        @Nullable String cgroupDriver,
        @Nullable String cgroupVersion,
        @Nullable Long nEventsListener,
        @Nullable String kernelVersion,
        @Nullable String operatingSystem,
        @JsonProperty("OSVersion") @Nullable String osVersion,
        @JsonProperty("OSType") @Nullable String osType,
        @Nullable String architecture,
        @JsonProperty("NCPU") @Nullable Long ncpu,
        @Nullable Long memTotal,
        @Nullable String indexServerAddress,
        @Nullable RegistryServiceConfig registryConfig,
        List<GenericResource> genericResources,
        @Nullable String httpProxy,
        @Nullable String httpsProxy,
        @Nullable String noProxy,
        @Nullable String name,
        List<String> labels,
        @Nullable Boolean experimentalBuild,
        @Nullable String serverVersion,
        Map<String, Runtime> runtimes,
        @Nullable String defaultRuntime,
        @Nullable SwarmInfo swarm,
        @Nullable Boolean liveRestoreEnabled,
        @Nullable String isolation,
        @Nullable String initBinary,
        @Nullable Commit containerdCommit,
        @Nullable Commit runcCommit,
        @Nullable Commit initCommit,
        List<String> securityOptions,
        @Nullable String productLicense,
        List<DefaultAddressPool> defaultAddressPools,
        @Nullable FirewallInfo firewallBackend,
        List<DeviceInfo> discoveredDevices,
        List<String> warnings,
        @JsonProperty("CDISpecDirs") List<String> cdiSpecDirs,
        @Nullable ContainerdInfo containerd)
        implements SystemInfoBuilder.With {
    public SystemInfo {
        driverStatus = Frozen.list(driverStatus);
        genericResources = Frozen.list(genericResources);
        labels = Frozen.list(labels);
        runtimes = Frozen.map(runtimes);
        securityOptions = Frozen.list(securityOptions);
        defaultAddressPools = Frozen.list(defaultAddressPools);
        discoveredDevices = Frozen.list(discoveredDevices);
        warnings = Frozen.list(warnings);
        cdiSpecDirs = Frozen.list(cdiSpecDirs);
    }

    /**
     * The DefaultAddressPool object of the Engine API.
     *
     * @param base The network address in CIDR format
     * @param size The network pool size
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record DefaultAddressPool(
            @Nullable String base, @Nullable Long size) implements SystemInfoDefaultAddressPoolBuilder.With {}
}
