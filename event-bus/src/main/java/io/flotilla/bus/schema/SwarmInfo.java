package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Represents generic information about swarm.
 *
 * @param nodeId Unique identifier of for this node in the swarm.
 * @param nodeAddr IP address at which this node can be reached by other nodes in the swarm.
 * @param localNodeState Current local status of this node.
 * @param remoteManagers List of ID's and addresses of other managers in the swarm.
 * @param nodes Total number of nodes in the swarm.
 * @param managers Total number of managers in the swarm.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record SwarmInfo(
        @JsonProperty("NodeID") @Nullable String nodeId,
        @Nullable String nodeAddr,
        @Nullable LocalNodeState localNodeState,
        @Nullable Boolean controlAvailable,
        @Nullable String error,
        List<PeerNode> remoteManagers,
        @Nullable Long nodes,
        @Nullable Long managers)
        implements SwarmInfoBuilder.With {
    public SwarmInfo {
        remoteManagers = Frozen.list(remoteManagers);
    }
}
