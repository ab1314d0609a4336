package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Platform represents the platform (Arch/OS).
 *
 * @param architecture Architecture represents the hardware architecture (for example, {@code x86_64}).
 * @param os OS represents the Operating System (for example, {@code linux} or {@code windows}).
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Platform(
        @Nullable String architecture,
        @JsonProperty("OS") @Nullable String os) implements PlatformBuilder.With {}
