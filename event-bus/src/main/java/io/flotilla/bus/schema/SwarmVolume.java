package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cluster volume: made by a CSI plugin for the whole swarm, and published to the nodes whose tasks use it. Its truth is the
 * managers'.
 *
 * @param name unique among cluster volumes
 * @param driver name of the CSI plugin
 * @param options of the driver, given to the plugin when it makes the volume
 * @param info null until the plugin has made it
 * @param publications the nodes it is on, or on its way to or from; one a node
 * @param pendingDelete it was removed, and goes when the plugin has deleted it
 * @param operation what the plugin's controller is asked to do now; null: nothing
 * @param operations the last number given to an operation or a publication: the next one gets one more
 * @param message what keeps the volume from being as wanted; null when nothing does
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SwarmVolume(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        String name,
        String driver,
        Map<String, String> labels,
        Map<String, String> options,
        ClusterVolumeSpec spec,
        ClusterVolume.@Nullable Info info,
        List<Publication> publications,
        @Nullable Boolean pendingDelete,
        @Nullable Operation operation,
        long operations,
        @Nullable String message)
        implements SwarmVolumeBuilder.With, StoreObject {
    public SwarmVolume {
        labels = Frozen.map(labels);
        options = Frozen.map(options);
        publications = Frozen.list(publications);
    }

    /**
     * The volume on one node.
     *
     * @param number differs from those of earlier publications of the volume, on whatever node: an answer is for just one
     * @param csiNodeId what the plugin called the node when it was published: the node may be gone when it is unpublished
     * @param publishContext from the plugin's controller, for the node
     * @param message what keeps the node from mounting or unmounting it
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Publication(
            @JsonProperty("NodeID") String nodeId,
            long number,
            ClusterVolume.PublishState state,
            @JsonProperty("CSINodeID") @Nullable String csiNodeId,
            Map<String, String> publishContext,
            @Nullable String message)
            implements SwarmVolumePublicationBuilder.With {
        public Publication {
            publishContext = Frozen.map(publishContext);
        }
    }

    /**
     * One thing the plugin's controller is asked to do. There is never more than one for a volume (CSI, "Concurrency").
     *
     * @param number greater than those of the operations before
     * @param executorId the node on which the plugin is asked
     * @param nodeId the node it is about: of publish and unpublish, else null
     */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Operation(
            long number,
            OperationKind kind,
            @JsonProperty("ExecutorID") String executorId,
            @JsonProperty("NodeID") @Nullable String nodeId) {}

    /** A call of CSI's Controller service. */
    public enum OperationKind {
        @JsonProperty("create")
        CREATE,
        @JsonProperty("publish")
        PUBLISH,
        @JsonProperty("unpublish")
        UNPUBLISH,
        @JsonProperty("delete")
        DELETE
    }

    public Optional<Publication> publicationOn(String nodeId) {
        return publications.stream()
                .filter(publication -> publication.nodeId().equals(nodeId))
                .findFirst();
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.SWARM_VOLUME;
    }

    @Override
    public SwarmVolume stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
