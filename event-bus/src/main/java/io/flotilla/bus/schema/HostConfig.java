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
 * Container configuration that depends on the host we are running on
 *
 * @param cpuShares An integer value representing this container's relative CPU weight versus other containers.
 * @param memory Memory limit in bytes.
 * @param cgroupParent Path to {@code cgroups} under which the container's {@code cgroup} is created.
 * @param blkioWeight Block IO weight (relative weight).
 * @param blkioWeightDevice Block IO weight (relative device weight) in the form:
 * @param blkioDeviceReadBps Limit read rate (bytes per second) from a device, in the form:
 * @param blkioDeviceWriteBps Limit write rate (bytes per second) to a device, in the form:
 * @param blkioDeviceReadIOps Limit read rate (IO per second) from a device, in the form:
 * @param blkioDeviceWriteIOps Limit write rate (IO per second) to a device, in the form:
 * @param cpuPeriod The length of a CPU period in microseconds.
 * @param cpuQuota Microseconds of CPU time that the container can get in a CPU period.
 * @param cpuRealtimePeriod The length of a CPU real-time period in microseconds.
 * @param cpuRealtimeRuntime The length of a CPU real-time runtime in microseconds.
 * @param cpusetCpus CPUs in which to allow execution (e.g., {@code 0-3}, {@code 0,1}).
 * @param cpusetMems Memory nodes (MEMs) in which to allow execution (0-3, 0,1).
 * @param devices A list of devices to add to the container.
 * @param deviceCgroupRules a list of cgroup rules to apply to the container
 * @param deviceRequests A list of requests for devices to be sent to device drivers.
 * @param memoryReservation Memory soft limit in bytes.
 * @param memorySwap Total memory limit (memory + swap).
 * @param memorySwappiness Tune a container's memory swappiness behavior.
 * @param nanoCpus CPU quota in units of 10-9 CPUs.
 * @param oomKillDisable Disable OOM Killer for the container.
 * @param init Run an init inside the container that forwards signals and reaps processes.
 * @param pidsLimit Tune a container's PIDs limit.
 * @param ulimits A list of resource limits to set in the container.
 * @param cpuCount The number of usable CPUs (Windows only).
 * @param cpuPercent The usable percentage of the available CPUs (Windows only).
 * @param ioMaximumIops Maximum IOps for the container system drive (Windows only)
 * @param ioMaximumBandwidth Maximum IO in bytes per second for the container system drive (Windows only).
 * @param binds A list of volume bindings for this container.
 * @param containerIDFile Path to a file where the container ID is written
 * @param logConfig The logging configuration for this container
 * @param networkMode Network mode to use for this container.
 * @param portBindings PortMap describes the mapping of container ports to host ports, using the container's port-number and protocol as key in the format {@code /}, for example, {@code 80/udp}.
 * @param restartPolicy The behavior to apply when the container exits.
 * @param autoRemove Automatically remove the container when the container's process exits.
 * @param volumeDriver Driver that this container uses to mount volumes.
 * @param volumesFrom A list of volumes to inherit from another container, specified in the form {@code [:]}.
 * @param mounts Specification for mounts to be added to the container.
 * @param consoleSize Initial console size, as an {@code [height, width]} array.
 * @param annotations Arbitrary non-identifying metadata attached to container and provided to the runtime when the container is started.
 * @param capAdd A list of kernel capabilities to add to the container.
 * @param capDrop A list of kernel capabilities to drop from the container.
 * @param cgroupnsMode cgroup namespace mode for the container.
 * @param dns A list of DNS servers for the container to use.
 * @param dnsOptions A list of DNS options.
 * @param dnsSearch A list of DNS search domains.
 * @param extraHosts A list of hostnames/IP mappings to add to the container's {@code /etc/hosts} file.
 * @param groupAdd A list of additional groups that the container process will run as.
 * @param ipcMode IPC sharing mode for the container.
 * @param cgroup Cgroup to use for the container.
 * @param links A list of links for the container in the form {@code container_name:alias}.
 * @param oomScoreAdj An integer value containing the score given to the container in order to tune OOM killer preferences.
 * @param pidMode Set the PID (Process) Namespace mode for the container.
 * @param privileged Gives the container full access to the host.
 * @param publishAllPorts Allocates an ephemeral host port for all of a container's exposed ports.
 * @param readonlyRootfs Mount the container's root filesystem as read only.
 * @param securityOpt A list of string values to customize labels for MLS systems, such as SELinux.
 * @param storageOpt Storage driver options for this container, in the form {@code {"size": "120G"}}.
 * @param tmpfs A map of container directories which should be replaced by tmpfs mounts, and their corresponding mount options.
 * @param utsMode UTS namespace to use for the container.
 * @param usernsMode Sets the usernamespace mode for the container when usernamespace remapping option is enabled.
 * @param shmSize Size of {@code /dev/shm} in bytes.
 * @param sysctls A list of kernel parameters (sysctls) to set in the container.
 * @param runtime Runtime to use with this container.
 * @param isolation Isolation technology of the container.
 * @param maskedPaths The list of paths to be masked inside the container (this overrides the default set of paths).
 * @param readonlyPaths The list of paths to be set as read-only inside the container (this overrides the default set of paths).
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record HostConfig(
        @Nullable Long cpuShares,
        @Nullable Long memory,
        @Nullable String cgroupParent,
        @Nullable Long blkioWeight,
        List<BlkioWeightDevice> blkioWeightDevice,
        List<ThrottleDevice> blkioDeviceReadBps,
        List<ThrottleDevice> blkioDeviceWriteBps,
        List<ThrottleDevice> blkioDeviceReadIOps,
        List<ThrottleDevice> blkioDeviceWriteIOps,
        @Nullable Long cpuPeriod,
        @Nullable Long cpuQuota,
        @Nullable Long cpuRealtimePeriod,
        @Nullable Long cpuRealtimeRuntime,
        @Nullable String cpusetCpus,
        @Nullable String cpusetMems,
        List<DeviceMapping> devices,
        List<String> deviceCgroupRules,
        List<DeviceRequest> deviceRequests,
        @Nullable Long memoryReservation,
        @Nullable Long memorySwap,
        @Nullable Long memorySwappiness,
        @Nullable Long nanoCpus,
        @Nullable Boolean oomKillDisable,
        @OmitEmpty @Nullable Boolean init,
        @Nullable Long pidsLimit,
        List<Ulimit> ulimits,
        @Nullable Long cpuCount,
        @Nullable Long cpuPercent,
        @JsonProperty("IOMaximumIOps") @Nullable Long ioMaximumIops,
        @JsonProperty("IOMaximumBandwidth") @Nullable Long ioMaximumBandwidth,
        List<String> binds,
        @Nullable String containerIDFile,
        @Nullable LogConfig logConfig,
        @Nullable String networkMode,
        Map<String, List<PortBinding>> portBindings,
        @Nullable RestartPolicy restartPolicy,
        @Nullable Boolean autoRemove,
        @Nullable String volumeDriver,
        List<String> volumesFrom,
        @OmitEmpty List<Mount> mounts,
        List<Long> consoleSize,
        @OmitEmpty Map<String, String> annotations,
        List<String> capAdd,
        List<String> capDrop,
        @Nullable String cgroupnsMode,
        List<String> dns,
        List<String> dnsOptions,
        List<String> dnsSearch,
        List<String> extraHosts,
        List<String> groupAdd,
        @Nullable String ipcMode,
        @Nullable String cgroup,
        List<String> links,
        @Nullable Long oomScoreAdj,
        @Nullable String pidMode,
        @Nullable Boolean privileged,
        @Nullable Boolean publishAllPorts,
        @Nullable Boolean readonlyRootfs,
        List<String> securityOpt,
        @OmitEmpty Map<String, String> storageOpt,
        @OmitEmpty Map<String, String> tmpfs,
        @JsonProperty("UTSMode") @Nullable String utsMode,
        @Nullable String usernsMode,
        @Nullable Long shmSize,
        @OmitEmpty Map<String, String> sysctls,
        @Nullable String runtime,
        @Nullable String isolation,
        @Nullable List<String> maskedPaths,
        @Nullable List<String> readonlyPaths)
        implements HostConfigBuilder.With {
    public HostConfig {
        blkioWeightDevice = Frozen.list(blkioWeightDevice);
        blkioDeviceReadBps = Frozen.list(blkioDeviceReadBps);
        blkioDeviceWriteBps = Frozen.list(blkioDeviceWriteBps);
        blkioDeviceReadIOps = Frozen.list(blkioDeviceReadIOps);
        blkioDeviceWriteIOps = Frozen.list(blkioDeviceWriteIOps);
        devices = Frozen.list(devices);
        deviceCgroupRules = Frozen.list(deviceCgroupRules);
        deviceRequests = Frozen.list(deviceRequests);
        ulimits = Frozen.list(ulimits);
        binds = Frozen.list(binds);
        portBindings = Frozen.map(portBindings);
        volumesFrom = Frozen.list(volumesFrom);
        mounts = Frozen.list(mounts);
        consoleSize = Frozen.list(consoleSize);
        annotations = Frozen.map(annotations);
        capAdd = Frozen.list(capAdd);
        capDrop = Frozen.list(capDrop);
        dns = Frozen.list(dns);
        dnsOptions = Frozen.list(dnsOptions);
        dnsSearch = Frozen.list(dnsSearch);
        extraHosts = Frozen.list(extraHosts);
        groupAdd = Frozen.list(groupAdd);
        links = Frozen.list(links);
        securityOpt = Frozen.list(securityOpt);
        storageOpt = Frozen.map(storageOpt);
        tmpfs = Frozen.map(tmpfs);
        sysctls = Frozen.map(sysctls);
    }

    /**
     * The BlkioWeightDevice object of the Engine API.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record BlkioWeightDevice(
            @Nullable String path, @Nullable Long weight) implements HostConfigBlkioWeightDeviceBuilder.With {}

    /**
     * The Ulimit object of the Engine API.
     *
     * @param name Name of ulimit
     * @param soft Soft limit
     * @param hard Hard limit
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Ulimit(
            @Nullable String name,
            @Nullable Long soft,
            @Nullable Long hard) implements HostConfigUlimitBuilder.With {}

    /**
     * The logging configuration for this container
     *
     * @param type Name of the logging driver used for the container or "none" if logging is disabled.
     * @param config Driver-specific configuration options for the logging driver.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record LogConfig(@Nullable String type, Map<String, String> config)
            implements HostConfigLogConfigBuilder.With {
        public LogConfig {
            config = Frozen.map(config);
        }
    }
}
