package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Represents a peer-node in the swarm
 *
 * @param nodeId Unique identifier of for this node in the swarm.
 * @param addr IP address and ports at which this node can be reached.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PeerNode(
        @JsonProperty("NodeID") @Nullable String nodeId,
        @Nullable String addr) implements PeerNodeBuilder.With {}
