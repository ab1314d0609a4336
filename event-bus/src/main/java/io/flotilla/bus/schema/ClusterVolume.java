package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ClusterVolume object of the Engine API: what a {@link Volume} of the whole swarm has beyond others. What the managers
 * know of it is the {@link SwarmVolume}.
 *
 * @param info null until the plugin has made the volume
 */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ClusterVolume(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        ClusterVolumeSpec spec,
        @Nullable Info info,
        List<PublishStatus> publishStatus) {
    public ClusterVolume {
        publishStatus = Frozen.list(publishStatus);
    }

    /**
     * What the CSI plugin says of the volume it made.
     *
     * @param capacityBytes 0 or null: unknown
     * @param volumeContext handed back with later calls
     * @param volumeId the plugin's own ID
     * @param accessibleTopology where it can be used, any of these; empty: everywhere
     */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Info(
            @Nullable Long capacityBytes,
            Map<String, String> volumeContext,
            @JsonProperty("VolumeID") String volumeId,
            List<Topology> accessibleTopology) {
        public Info {
            volumeContext = Frozen.map(volumeContext);
            accessibleTopology = Frozen.list(accessibleTopology);
        }
    }

    /** The volume on one node. @param publishContext from the plugin's controller, for the node */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record PublishStatus(
            @JsonProperty("NodeID") String nodeId, PublishState state, Map<String, String> publishContext) {
        public PublishStatus {
            publishContext = Frozen.map(publishContext);
        }
    }

    /** How far a volume is on its way to a node and back, in this order. */
    public enum PublishState {
        /** The plugin's controller has yet to make it available to the node. */
        @JsonProperty("pending-publish")
        PENDING_PUBLISH,
        /** The node may mount it. */
        @JsonProperty("published")
        PUBLISHED,
        /** No task of the node uses it any more; the node has yet to let go of it. */
        @JsonProperty("pending-node-unpublish")
        PENDING_NODE_UNPUBLISH,
        /** The plugin's controller has yet to take it from the node. */
        @JsonProperty("pending-controller-unpublish")
        PENDING_CONTROLLER_UNPUBLISH
    }
}
