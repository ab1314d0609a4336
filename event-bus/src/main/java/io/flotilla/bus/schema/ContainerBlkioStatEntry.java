package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Blkio stats entry.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerBlkioStatEntry(
        @JsonProperty("major") @Nullable Long major,
        @JsonProperty("minor") @Nullable Long minor,
        @JsonProperty("op") @Nullable String op,
        @JsonProperty("value") @Nullable Long value)
        implements ContainerBlkioStatEntryBuilder.With {}
