package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * NodeStatus represents the status of a node.
 *
 * @param state NodeState represents the state of a node.
 * @param addr IP address of the node.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NodeStatus(
        @Nullable NodeState state,
        @Nullable String message,
        @Nullable String addr) implements NodeStatusBuilder.With {}
