package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ClusterVolumeSpec object of the Engine API.
 *
 * @param group volumes of one group stand in for each other where a service names the group
 * @param accessMode how tasks may use the volume
 * @param secrets passed to the CSI plugin with every call for the volume
 * @param accessibilityRequirements where the volume has to be accessible from
 * @param capacityRange null: the plugin decides
 * @param availability null: active
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ClusterVolumeSpec(
        @Nullable String group,
        @Nullable AccessMode accessMode,
        @Nullable TopologyRequirement accessibilityRequirements,
        @Nullable CapacityRange capacityRange,
        List<Secret> secrets,
        @Nullable Availability availability)
        implements ClusterVolumeSpecBuilder.With {
    public ClusterVolumeSpec {
        secrets = Frozen.list(secrets);
    }

    /**
     * How tasks may use the volume. Of the two kinds of access just one is given.
     *
     * @param scope null: single
     * @param sharing null: none
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record AccessMode(
            @Nullable Scope scope,
            @Nullable Sharing sharing,
            @Nullable MountVolume mountVolume,
            @Nullable BlockVolume blockVolume)
            implements ClusterVolumeSpecAccessModeBuilder.With {}

    /** On how many nodes the volume may be at one time. */
    public enum Scope {
        @JsonProperty("single")
        SINGLE,
        @JsonProperty("multi")
        MULTI
    }

    /** How many tasks may use the volume at one time, and how. */
    public enum Sharing {
        /** One task. */
        @JsonProperty("none")
        NONE,
        /** Any number, all of which mount it read-only. */
        @JsonProperty("readonly")
        READ_ONLY,
        /** Any number, one of which may write. */
        @JsonProperty("onewriter")
        ONE_WRITER,
        @JsonProperty("all")
        ALL
    }

    /** Whether new and present tasks may use the volume. */
    public enum Availability {
        @JsonProperty("active")
        ACTIVE,
        /** No new tasks. */
        @JsonProperty("pause")
        PAUSE,
        /** No tasks: those that use it are stopped. */
        @JsonProperty("drain")
        DRAIN
    }

    /** Access by a file system. @param fsType null: the plugin's choice */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record MountVolume(@Nullable String fsType, List<String> mountFlags) {
        public MountVolume {
            mountFlags = Frozen.list(mountFlags);
        }
    }

    /** Access by a block device; there is nothing to say of it. */
    public record BlockVolume() {}

    /**
     * @param key of the value in the calls to the plugin
     * @param secret name or ID of a Swarm secret
     */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Secret(@Nullable String key, @Nullable String secret) {}

    /** @param requisite one of these at least @param preferred in this order, where it can be */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record TopologyRequirement(List<Topology> requisite, List<Topology> preferred) {
        public TopologyRequirement {
            requisite = Frozen.list(requisite);
            preferred = Frozen.list(preferred);
        }
    }

    /** @param requiredBytes at least; 0 or null: any @param limitBytes at most; 0 or null: any */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record CapacityRange(
            @Nullable Long requiredBytes, @Nullable Long limitBytes) {}
}
