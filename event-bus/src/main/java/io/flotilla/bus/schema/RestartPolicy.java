package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The behavior to apply when the container exits.
 *
 * @param maximumRetryCount If {@code on-failure} is used, the number of times to retry before giving up.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record RestartPolicy(@Nullable String name, @Nullable Long maximumRetryCount)
        implements RestartPolicyBuilder.With {}
