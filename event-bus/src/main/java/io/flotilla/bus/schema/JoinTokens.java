package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * JoinTokens contains the tokens workers and managers need to join the swarm.
 *
 * @param worker The token workers can use to join the swarm.
 * @param manager The token managers can use to join the swarm.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record JoinTokens(@Nullable String worker, @Nullable String manager) implements JoinTokensBuilder.With {}
