package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Resource requirements which apply to each individual container created as part of the service.
 *
 * @param limits Define resources limits.
 * @param reservations Define resources reservation.
 * @param swapBytes Amount of swap in bytes - can only be used together with a memory limit.
 * @param memorySwappiness Tune the service's containers' memory swappiness (0 to 100).
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ResourceRequirements(
        @Nullable Limit limits,
        @Nullable ResourceObject reservations,
        @Nullable Long swapBytes,
        @Nullable Long memorySwappiness)
        implements ResourceRequirementsBuilder.With {}
