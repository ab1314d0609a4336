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
 * The ContainerSummary object of the Engine API.
 *
 * @param id The ID of this container as a 128-bit (64-character) hexadecimal string (32 bytes).
 * @param names The names associated with this container.
 * @param image The name or ID of the image used to create the container.
 * @param imageId The ID (digest) of the image that this container was created from.
 * @param imageManifestDescriptor OCI descriptor of the platform-specific manifest of the image the container was created from.
 * @param command Command to run when starting the container
 * @param created Date and time at which the container was created as a Unix timestamp (number of seconds since EPOCH).
 * @param ports Port-mappings for the container.
 * @param sizeRw The size of files that have been created or changed by this container.
 * @param sizeRootFs The total size of all files in the read-only layers from the image that the container uses.
 * @param labels User-defined key/value metadata.
 * @param state The state of this container.
 * @param status Additional human-readable status of this container (e.g.
 * @param hostConfig Summary of host-specific runtime information of the container.
 * @param networkSettings Summary of the container's network settings
 * @param mounts List of mounts used by the container.
 * @param health Summary of health status Added in v1.52, before that version all container summary not include Health.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerSummary(
        @Nullable String id,
        List<String> names,
        @Nullable String image,
        @JsonProperty("ImageID") @Nullable String imageId,
        @OmitEmpty @Nullable OCIDescriptor imageManifestDescriptor,
        @Nullable String command,
        @Nullable Long created,
        List<PortSummary> ports,
        @OmitEmpty @Nullable Long sizeRw,
        @OmitEmpty @Nullable Long sizeRootFs,
        Map<String, String> labels,
        @Nullable String state,
        @Nullable String status,
        @Nullable HostConfig hostConfig,
        @Nullable NetworkSettings networkSettings,
        List<MountPoint> mounts,
        @OmitEmpty @Nullable Health health)
        implements ContainerSummaryBuilder.With {
    public ContainerSummary {
        names = Frozen.list(names);
        ports = Frozen.list(ports);
        labels = Frozen.map(labels);
        mounts = Frozen.list(mounts);
    }

    /**
     * Summary of host-specific runtime information of the container.
     *
     * @param networkMode Networking mode ({@code host}, {@code none}, {@code container:}) or name of the primary network the container is using.
     * @param annotations Arbitrary key-value metadata attached to the container.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record HostConfig(
            @Nullable String networkMode, @OmitEmpty Map<String, String> annotations)
            implements ContainerSummaryHostConfigBuilder.With {
        public HostConfig {
            annotations = Frozen.map(annotations);
        }
    }

    /**
     * Summary of the container's network settings
     *
     * @param networks Summary of network-settings for each network the container is attached to.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record NetworkSettings(Map<String, EndpointSettings> networks)
            implements ContainerSummaryNetworkSettingsBuilder.With {
        public NetworkSettings {
            networks = Frozen.map(networks);
        }
    }

    /**
     * Summary of health status Added in v1.52, before that version all container summary not include Health.
     *
     * @param status the health status of the container
     * @param failingStreak FailingStreak is the number of consecutive failures
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Health(@Nullable String status, @Nullable Long failingStreak)
            implements ContainerSummaryHealthBuilder.With {}
}
