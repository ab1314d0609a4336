package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Volume object of the Engine API.
 *
 * @param driver Name of the volume driver used by the volume.
 * @param mountpoint Mount path of the volume on the host.
 * @param createdAt Date/Time the volume was created; null where the driver does not tell.
 * @param status Low-level details about the volume, provided by the volume driver; null where it gives none.
 * @param scope global for cluster-wide, local for machine level.
 * @param options The driver specific options used when creating the volume.
 * @param clusterVolume only of cluster volumes
 * @param usageData Usage details, only in {@code GET /system/df}.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Volume(
        String name,
        String driver,
        String mountpoint,
        @Nullable Instant createdAt,
        @Nullable Map<String, Object> status,
        Map<String, String> labels,
        String scope,
        Map<String, String> options,
        @Nullable ClusterVolume clusterVolume,
        @Nullable UsageData usageData)
        implements VolumeBuilder.With {
    /** The label of a volume nobody named. */
    public static final String ANONYMOUS = "com.docker.volume.anonymous";

    public Volume {
        labels = Frozen.map(labels);
        options = Frozen.map(options);
    }

    /**
     * @param size of the content in bytes; -1: not available
     * @param refCount containers that reference the volume; -1: not available
     */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    public record UsageData(long size, long refCount) {}
}
