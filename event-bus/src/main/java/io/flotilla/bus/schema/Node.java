package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The Node object of the Engine API.
 *
 * @param version The version number of the object such as node, service, etc.
 * @param createdAt Date and time at which the node was added to the swarm in RFC 3339 format with nano-seconds.
 * @param updatedAt Date and time at which the node was last updated in RFC 3339 format with nano-seconds.
 * @param description NodeDescription encapsulates the properties of the Node as reported by the agent.
 * @param status NodeStatus represents the status of a node.
 * @param agentAddress host:port of the node's NodeService (gRPC); not part of the Engine API
 * @param sealKey what values for the node are sealed to, see NodeKey; not part of the Engine API
 * @param managerStatus ManagerStatus represents the status of a manager.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Node(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        NodeSpec spec,
        @Nullable NodeDescription description,
        @Nullable NodeStatus status,
        @Nullable ManagerStatus managerStatus,
        @Nullable String agentAddress,
        @Nullable String sealKey)
        implements NodeBuilder.With, StoreObject {
    @Override
    public ObjectKind kind() {
        return ObjectKind.NODE;
    }

    @Override
    public Node stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
