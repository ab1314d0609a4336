package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * MountPoint represents a mount point configuration inside the container.
 *
 * @param type The mount type: - {@code bind} a mount of a file or directory from the host into the container.
 * @param name Name is the name reference to the underlying data defined by {@code Source} e.g., the volume name.
 * @param source Source location of the mount.
 * @param destination Destination is the path relative to the container root ({@code /}) where the {@code Source} is mounted inside the container.
 * @param driver Driver is the volume driver used to create the volume (if it is a volume).
 * @param mode Mode is a comma separated list of options supplied by the user when creating the bind/volume mount.
 * @param rw Whether the mount is mounted writable (read-write).
 * @param propagation Propagation describes how mounts are propagated from the host into the mount point, and vice-versa.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record MountPoint(
        @OmitEmpty @Nullable String type,
        @OmitEmpty @Nullable String name,
        @Nullable String source,
        @Nullable String destination,
        @OmitEmpty @Nullable String driver,
        @Nullable String mode,
        @JsonProperty("RW") @Nullable Boolean rw,
        @Nullable String propagation)
        implements MountPointBuilder.With {}
