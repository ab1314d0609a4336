package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ContainerInspectResponse object of the Engine API.
 *
 * @param id The ID of this container as a 128-bit (64-character) hexadecimal string (32 bytes).
 * @param created Date and time at which the container was created, formatted in RFC 3339 format with nano-seconds.
 * @param path The path to the command being run
 * @param args The arguments to the command being run
 * @param state ContainerState stores container's running state.
 * @param image The ID (digest) of the image that this container was created from.
 * @param resolvConfPath Location of the {@code /etc/resolv.conf} generated for the container on the host.
 * @param hostnamePath Location of the {@code /etc/hostname} generated for the container on the host.
 * @param hostsPath Location of the {@code /etc/hosts} generated for the container on the host.
 * @param logPath Location of the file used to buffer the container's logs.
 * @param name The name associated with this container.
 * @param restartCount Number of times the container was restarted since it was created, or since daemon was started.
 * @param driver The storage-driver used for the container's filesystem (graph-driver or snapshotter).
 * @param platform The platform (operating system) for which the container was created.
 * @param imageManifestDescriptor OCI descriptor of the platform-specific manifest of the image the container was created from.
 * @param mountLabel SELinux mount label set for the container.
 * @param processLabel SELinux process label set for the container.
 * @param appArmorProfile The AppArmor profile set for the container.
 * @param execIds IDs of exec instances that are running in the container.
 * @param hostConfig Container configuration that depends on the host we are running on
 * @param graphDriver Information about the storage driver used to store the container's and image's filesystem.
 * @param sizeRw The size of files that have been created or changed by this container.
 * @param sizeRootFs The total size of all files in the read-only layers from the image that the container uses.
 * @param mounts List of mounts used by the container.
 * @param config Configuration for a container that is portable between hosts.
 * @param networkSettings NetworkSettings exposes the network settings in the API
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerInspectResponse(
        @Nullable String id,
        @Nullable Instant created,
        @Nullable String path,
        List<String> args,
        @Nullable ContainerState state,
        @Nullable String image,
        @Nullable String resolvConfPath,
        @Nullable String hostnamePath,
        @Nullable String hostsPath,
        @Nullable String logPath,
        @Nullable String name,
        @Nullable Long restartCount,
        @Nullable String driver,
        @Nullable String platform,
        @Nullable OCIDescriptor imageManifestDescriptor,
        @Nullable String mountLabel,
        @Nullable String processLabel,
        @Nullable String appArmorProfile,
        @JsonProperty("ExecIDs") List<String> execIds,
        @Nullable HostConfig hostConfig,
        @Nullable DriverData graphDriver,
        @Nullable Long sizeRw,
        @Nullable Long sizeRootFs,
        List<MountPoint> mounts,
        @Nullable ContainerConfig config,
        @Nullable NetworkSettings networkSettings)
        implements ContainerInspectResponseBuilder.With {
    public ContainerInspectResponse {
        args = Frozen.list(args);
        execIds = Frozen.list(execIds);
        mounts = Frozen.list(mounts);
    }
}
