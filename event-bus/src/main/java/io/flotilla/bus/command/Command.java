package io.flotilla.bus.command;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change a client asks for. The leader evaluates it against the current state; it commits whole or is refused. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "Command")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Command.InitSwarm.class, name = "InitSwarm"),
    @JsonSubTypes.Type(value = Command.LeaveSwarm.class, name = "LeaveSwarm"),
    @JsonSubTypes.Type(value = Command.UpdateSwarm.class, name = "UpdateSwarm"),
    @JsonSubTypes.Type(value = Command.CreateService.class, name = "CreateService"),
    @JsonSubTypes.Type(value = Command.UpdateService.class, name = "UpdateService"),
    @JsonSubTypes.Type(value = Command.RemoveService.class, name = "RemoveService"),
    @JsonSubTypes.Type(value = Command.UpdateNode.class, name = "UpdateNode"),
    @JsonSubTypes.Type(value = Command.RemoveNode.class, name = "RemoveNode"),
    @JsonSubTypes.Type(value = Command.TagImage.class, name = "TagImage"),
    @JsonSubTypes.Type(value = Command.RemoveImage.class, name = "RemoveImage"),
})
public sealed interface Command {

    /**
     * Makes the installation a swarm with this node as its manager.
     *
     * @param defaultAddrPool CIDRs; empty: Docker's 10.0.0.0/8
     * @param subnetSize prefix length of networks taken from the pool, 0: Docker's 24
     */
    record InitSwarm(
            String nodeId,
            @Nullable SwarmSpec spec,
            String advertiseAddr,
            List<String> defaultAddrPool,
            int subnetSize,
            boolean forceNewCluster)
            implements Command {}

    /** @param force leave although this is the last manager: services and the swarm itself are removed */
    record LeaveSwarm(String nodeId, boolean force) implements Command {}

    record UpdateSwarm(long version, SwarmSpec spec, boolean rotateWorkerToken, boolean rotateManagerToken)
            implements Command {}

    /** Answers with the service's ID and warnings. */
    record CreateService(ServiceSpec spec) implements Command {}

    /**
     * @param serviceId complete ID
     * @param version the index the client last saw; another one is refused as out of sequence
     * @param rollback go back to the previous spec; spec is then null
     */
    record UpdateService(
            String serviceId, long version, @Nullable ServiceSpec spec, boolean rollback) implements Command {}

    record RemoveService(String serviceId) implements Command {}

    record UpdateNode(String nodeId, long version, NodeSpec spec) implements Command {}

    record RemoveNode(String nodeId, boolean force) implements Command {}

    /**
     * Gives an image one more name; a name that points elsewhere moves.
     *
     * @param imageId complete sha256:...
     * @param reference complete, repository:tag
     */
    record TagImage(String imageId, String reference) implements Command {}

    /**
     * Removes a name, and with the last name the image; without a reference the image with all its names.
     *
     * @param reference complete repository:tag, or null when the user named the image by ID
     * @param force also when stopped containers use it or several names point at it
     */
    record RemoveImage(String imageId, @Nullable String reference, boolean force) implements Command {}
}
