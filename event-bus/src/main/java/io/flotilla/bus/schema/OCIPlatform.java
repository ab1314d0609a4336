package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes the platform which the image in the manifest runs on, as defined in the OCI Image Index Specification.
 *
 * @param architecture The CPU architecture, for example {@code amd64} or {@code ppc64}.
 * @param os The operating system, for example {@code linux} or {@code windows}.
 * @param osVersion Optional field specifying the operating system version, for example on Windows {@code 10.0.19041.1165}.
 * @param osFeatures Optional field specifying an array of strings, each listing a required OS feature (for example on Windows {@code win32k}).
 * @param variant Optional field specifying a variant of the CPU, for example {@code v7} to specify ARMv7 when architecture is {@code arm}.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record OCIPlatform(
        @JsonProperty("architecture") @Nullable String architecture,
        @JsonProperty("os") @Nullable String os,
        @JsonProperty("os.version") @Nullable String osVersion,
        @JsonProperty("os.features") List<String> osFeatures,
        @JsonProperty("variant") @Nullable String variant)
        implements OCIPlatformBuilder.With {
    public OCIPlatform {
        osFeatures = Frozen.list(osFeatures);
    }
}
