package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The VolumeCreateRequest object of the Engine API.
 *
 * @param name The new volume's name. If not specified, Docker generates a name.
 * @param driver Name of the volume driver to use.
 * @param driverOpts A mapping of driver options and values.
 * @param labels User-defined key/value metadata.
 * @param clusterVolumeSpec makes it a cluster volume, of a CSI plugin; null for others
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VolumeCreate(
        @Nullable String name,
        @Nullable String driver,
        Map<String, String> driverOpts,
        Map<String, String> labels,
        @Nullable ClusterVolumeSpec clusterVolumeSpec)
        implements VolumeCreateBuilder.With {
    public VolumeCreate {
        driverOpts = Frozen.map(driverOpts);
        labels = Frozen.map(labels);
    }
}
