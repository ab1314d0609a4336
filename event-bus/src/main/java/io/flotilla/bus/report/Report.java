package io.flotilla.bus.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.schema.ClusterVolume.Info;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.schema.Volume;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a node, or for {@link Canary} the leader itself, has to say. Levels: a lost or repeated report does no harm. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "Report")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Report.Heartbeat.class, name = "Heartbeat"),
    @JsonSubTypes.Type(value = Report.NodeDescribed.class, name = "NodeDescribed"),
    @JsonSubTypes.Type(value = Report.TaskObserved.class, name = "TaskObserved"),
    @JsonSubTypes.Type(value = Report.ContainerObserved.class, name = "ContainerObserved"),
    @JsonSubTypes.Type(value = Report.ContainerGone.class, name = "ContainerGone"),
    @JsonSubTypes.Type(value = Report.ImageLoaded.class, name = "ImageLoaded"),
    @JsonSubTypes.Type(value = Report.ImagesHeld.class, name = "ImagesHeld"),
    @JsonSubTypes.Type(value = Report.VolumeObserved.class, name = "VolumeObserved"),
    @JsonSubTypes.Type(value = Report.VolumeGone.class, name = "VolumeGone"),
    @JsonSubTypes.Type(value = Report.VolumesHeld.class, name = "VolumesHeld"),
    @JsonSubTypes.Type(value = Report.ClusterVolumeObserved.class, name = "ClusterVolumeObserved"),
    @JsonSubTypes.Type(value = Report.ClusterVolumeControlled.class, name = "ClusterVolumeControlled"),
    @JsonSubTypes.Type(value = Report.TasksUsed.class, name = "TasksUsed"),
    @JsonSubTypes.Type(value = Report.Canary.class, name = "Canary"),
})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public sealed interface Report {
    /** The reporting node (of a Canary: the manager); also the record's routing key. */
    String nodeId();

    /** Once a second. @param session differs after each start of the agent */
    record Heartbeat(String nodeId, String session, long sequence) implements Report {}

    /**
     * At the agent's start, and when something of it changes.
     *
     * @param agentAddress host:port of its NodeService
     * @param message what keeps the node from following its assignments; null when nothing does
     * @param sealKey public key of the node, see {@link io.flotilla.bus.seal.NodeKey}; null of an agent that has none
     * @param role what the node was started as; the first description of an unknown node registers it
     */
    record NodeDescribed(
            String nodeId,
            String session,
            NodeDescription description,
            String agentAddress,
            NodeSpec.Role role,
            @Nullable String message,
            @Nullable String sealKey)
            implements Report {}

    /** The state the agent brought the task to; only states the agent owns, ASSIGNED to REJECTED. */
    record TaskObserved(String nodeId, String taskId, TaskStatus status) implements Report {}

    /**
     * A container was made or changed.
     *
     * @param observed grows with each observation of the container, also over the agent's restarts
     */
    record ContainerObserved(
            String nodeId,
            String containerId,
            @Nullable String taskId,
            @Nullable String serviceId,
            long observed,
            ContainerInspectResponse inspect)
            implements Report {}

    /** The container has been removed. */
    record ContainerGone(String nodeId, String containerId) implements Report {}

    /**
     * An image came: by an archive, from a registry, or from a peer, then without names and digests.
     *
     * @param names complete references repository:tag it was given
     * @param digests repository@sha256:... it is known by in registries
     * @param config the OCI image configuration
     * @param recalled said again at the agent's start, in case the first time got lost: adds nothing to an image that is known
     */
    record ImageLoaded(
            String nodeId,
            String imageId,
            List<String> names,
            ObjectNode config,
            List<String> digests,
            long sizeBytes,
            List<Long> layerSizesBytes,
            Instant created,
            boolean recalled)
            implements Report {
        public ImageLoaded {
            digests = digests == null ? List.of() : List.copyOf(digests);
            layerSizesBytes = layerSizesBytes == null ? List.of() : List.copyOf(layerSizesBytes);
            names = names == null ? List.of() : List.copyOf(names);
            // JSON leaves an empty one out
            config = config == null ? JsonNodeFactory.instance.objectNode() : config;
        }
    }

    /** All image IDs the node holds, at start and after each change. */
    record ImagesHeld(String nodeId, List<String> imageIds) implements Report {
        public ImagesHeld {
            imageIds = imageIds == null ? List.of() : List.copyOf(imageIds);
        }
    }

    /** A volume was made or changed. */
    record VolumeObserved(String nodeId, Volume volume) implements Report {}

    /** The volume has been removed. */
    record VolumeGone(String nodeId, String name) implements Report {}

    /** The names of all volumes the node holds, at start and after the bus was away; each is also observed. */
    record VolumesHeld(String nodeId, List<String> names) implements Report {
        public VolumesHeld {
            names = names == null ? List.of() : List.copyOf(names);
        }
    }

    /**
     * How far the node is with a volume that was published to it, see PublishVolume.
     *
     * @param number of the publication
     * @param published it is mounted; false with an assignment to unpublish: the node has let go of it
     * @param failure why it is not as wanted yet: the node goes on trying; null: it is
     */
    record ClusterVolumeObserved(
            String nodeId,
            String volumeId,
            long number,
            boolean published,
            @Nullable String failure) implements Report {}

    /**
     * What a CSI plugin's controller answered, see ControlVolume.
     *
     * @param number of the operation
     * @param info of a volume that was made
     * @param publishContext of a volume that was published
     * @param failure why it is not done yet: the node goes on trying; null: it is done
     */
    record ClusterVolumeControlled(
            String nodeId,
            String volumeId,
            long number,
            @Nullable Info info,
            Map<String, String> publishContext,
            @Nullable String failure)
            implements Report {
        public ClusterVolumeControlled {
            publishContext = publishContext == null ? Map.of() : Map.copyOf(publishContext);
        }
    }

    /** What the node's running tasks used since the last report, of those alone whose service has a label that begins so. */
    record TasksUsed(String nodeId, List<Usage> usages) implements Report {
        public static final String LABELS = "flotilla.autoscale.";

        /** The label of services whose tasks' connections are counted. */
        public static final String REQUESTS = LABELS + "requests";

        public TasksUsed {
            usages = usages == null ? List.of() : List.copyOf(usages);
        }

        /**
         * One task's.
         *
         * @param nanoCpus mean of the time since the last report, in billionths of a processor
         * @param memoryBytes without the page cache the kernel would give up first
         * @param connectionsPerSecond that came by published ports, mean of the same time; null where they are not or not yet
         *     counted
         */
        public record Usage(
                String taskId,
                long nanoCpus,
                long memoryBytes,
                @Nullable Double connectionsPerSecond) {}
    }

    /** The leader's own record: while it does not come back, silence of nodes says nothing about them. */
    record Canary(String nodeId, long sequence) implements Report {}
}
