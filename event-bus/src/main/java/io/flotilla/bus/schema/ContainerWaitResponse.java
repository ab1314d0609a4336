package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * OK response to ContainerWait operation
 *
 * @param statusCode Exit code of the container
 * @param error container waiting error, if any
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerWaitResponse(
        @Nullable Long statusCode, @Nullable ContainerWaitExitError error)
        implements ContainerWaitResponseBuilder.With {}
