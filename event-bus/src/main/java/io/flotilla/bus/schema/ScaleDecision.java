package io.flotilla.bus.schema;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;

/**
 * That autoscaling gave a service another number of replicas.
 *
 * @param fromReplicas before
 * @param toReplicas since then
 * @param reason with the figures, in words
 */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
public record ScaleDecision(Instant at, long fromReplicas, long toReplicas, String reason) {}
