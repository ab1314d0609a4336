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
 * The Mount object of the Engine API.
 *
 * @param target Container path.
 * @param source Mount source (e.g.
 * @param type The mount type.
 * @param readOnly Whether the mount should be read-only.
 * @param consistency The consistency requirement for the mount: {@code default}, {@code consistent}, {@code cached}, or {@code delegated}.
 * @param bindOptions Optional configuration for the {@code bind} type.
 * @param volumeOptions Optional configuration for the {@code volume} type.
 * @param imageOptions Optional configuration for the {@code image} type.
 * @param tmpfsOptions Optional configuration for the {@code tmpfs} type.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Mount(
        @Nullable String target,
        @Nullable String source,
        @Nullable MountType type,
        @Nullable Boolean readOnly,
        @Nullable String consistency,
        @Nullable BindOptions bindOptions,
        @Nullable VolumeOptions volumeOptions,
        @Nullable ImageOptions imageOptions,
        @Nullable TmpfsOptions tmpfsOptions)
        implements MountBuilder.With {

    /** The mount type. */
    public enum MountType {
        @JsonProperty("bind")
        BIND,
        @JsonProperty("cluster")
        CLUSTER,
        @JsonProperty("image")
        IMAGE,
        @JsonProperty("npipe")
        NPIPE,
        @JsonProperty("tmpfs")
        TMPFS,
        @JsonProperty("volume")
        VOLUME
    }

    /**
     * Optional configuration for the {@code bind} type.
     *
     * @param propagation A propagation mode with the value {@code [r]private}, {@code [r]shared}, or {@code [r]slave}.
     * @param nonRecursive Disable recursive bind mount.
     * @param createMountpoint Create mount point on host if missing
     * @param readOnlyNonRecursive Make the mount non-recursively read-only, but still leave the mount recursive (unless NonRecursive is set to {@code true} in conjunction).
     * @param readOnlyForceRecursive Raise an error if the mount cannot be made recursively read-only.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record BindOptions(
            @Nullable Propagation propagation,
            @Nullable Boolean nonRecursive,
            @Nullable Boolean createMountpoint,
            @Nullable Boolean readOnlyNonRecursive,
            @Nullable Boolean readOnlyForceRecursive)
            implements MountBindOptionsBuilder.With {

        /** A propagation mode with the value {@code [r]private}, {@code [r]shared}, or {@code [r]slave}. */
        public enum Propagation {
            @JsonProperty("private")
            PRIVATE,
            @JsonProperty("rprivate")
            RPRIVATE,
            @JsonProperty("shared")
            SHARED,
            @JsonProperty("rshared")
            RSHARED,
            @JsonProperty("slave")
            SLAVE,
            @JsonProperty("rslave")
            RSLAVE
        }
    }

    /**
     * Optional configuration for the {@code volume} type.
     *
     * @param noCopy Populate volume with data from the target.
     * @param labels User-defined key/value metadata.
     * @param driverConfig Map of driver specific options
     * @param subpath Source path inside the volume.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record VolumeOptions(
            @Nullable Boolean noCopy,
            Map<String, String> labels,
            @Nullable DriverConfig driverConfig,
            @Nullable String subpath)
            implements MountVolumeOptionsBuilder.With {
        public VolumeOptions {
            labels = Frozen.map(labels);
        }

        /**
         * Map of driver specific options
         *
         * @param name Name of the driver to use to create the volume.
         * @param options key/value map of driver specific options.
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record DriverConfig(@Nullable String name, Map<String, String> options)
                implements MountVolumeOptionsDriverConfigBuilder.With {
            public DriverConfig {
                options = Frozen.map(options);
            }
        }
    }

    /**
     * Optional configuration for the {@code image} type.
     *
     * @param subpath Source path inside the image.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record ImageOptions(@Nullable String subpath) implements MountImageOptionsBuilder.With {}

    /**
     * Optional configuration for the {@code tmpfs} type.
     *
     * @param sizeBytes The size for the tmpfs mount in bytes.
     * @param mode The permission mode for the tmpfs mount in an integer.
     * @param options The options to be passed to the tmpfs mount.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record TmpfsOptions(
            @Nullable Long sizeBytes, @Nullable Long mode, List<List<String>> options)
            implements MountTmpfsOptionsBuilder.With {
        public TmpfsOptions {
            options = Frozen.list(options);
        }
    }
}
