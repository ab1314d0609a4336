package io.flotilla.bus.command;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ConfigSpec;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SecretSpec;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.bus.seal.Confidential;
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
    @JsonSubTypes.Type(value = Command.CreateContainer.class, name = "CreateContainer"),
    @JsonSubTypes.Type(value = Command.StartContainer.class, name = "StartContainer"),
    @JsonSubTypes.Type(value = Command.RenameContainer.class, name = "RenameContainer"),
    @JsonSubTypes.Type(value = Command.UpdateContainer.class, name = "UpdateContainer"),
    @JsonSubTypes.Type(value = Command.TakeBackUpdate.class, name = "TakeBackUpdate"),
    @JsonSubTypes.Type(value = Command.RemoveLink.class, name = "RemoveLink"),
    @JsonSubTypes.Type(value = Command.ForgetContainer.class, name = "ForgetContainer"),
    @JsonSubTypes.Type(value = Command.CreateSecret.class, name = "CreateSecret"),
    @JsonSubTypes.Type(value = Command.CreateConfig.class, name = "CreateConfig"),
    @JsonSubTypes.Type(value = Command.UpdateSecret.class, name = "UpdateSecret"),
    @JsonSubTypes.Type(value = Command.UpdateConfig.class, name = "UpdateConfig"),
    @JsonSubTypes.Type(value = Command.RemoveValue.class, name = "RemoveValue"),
    @JsonSubTypes.Type(value = Command.ReadConfig.class, name = "ReadConfig"),
    @JsonSubTypes.Type(value = Command.CreateClusterVolume.class, name = "CreateClusterVolume"),
    @JsonSubTypes.Type(value = Command.UpdateClusterVolume.class, name = "UpdateClusterVolume"),
    @JsonSubTypes.Type(value = Command.RemoveClusterVolume.class, name = "RemoveClusterVolume"),
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

    /**
     * Answers with the service's ID and warnings.
     *
     * @param registryAuth what nodes pull the image with: the client's X-Registry-Auth as it came; null for nothing
     */
    record CreateService(ServiceSpec spec, @Nullable Confidential registryAuth) implements Command {
        public CreateService(ServiceSpec spec) {
            this(spec, null);
        }
    }

    /**
     * @param serviceId complete ID
     * @param version the index the client last saw; one of before the service's spec was given is refused as out of sequence
     * @param rollback go back to the previous spec; spec is then null
     * @param registryAuth what nodes pull the image with from now on; null: what they did until now
     */
    record UpdateService(
            String serviceId,
            long version,
            @Nullable ServiceSpec spec,
            boolean rollback,
            @Nullable Confidential registryAuth)
            implements Command {
        public UpdateService(String serviceId, long version, @Nullable ServiceSpec spec, boolean rollback) {
            this(serviceId, version, spec, rollback, null);
        }
    }

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

    /**
     * Makes a container that belongs to no service. Answers with its ID, warnings and the node's share of it.
     *
     * @param request its name may be empty: one is generated then; imageId is null
     * @param platform os[/arch[/variant]], or null for the node's own
     * @param nearNodeId the node the client speaks to: preferred among equals
     */
    record CreateContainer(
            ContainerRequest request, @Nullable String platform, String nearNodeId) implements Command {}

    /** Orders one more start of a container; its node does nothing when it runs. Answers with the node's share of it. */
    record StartContainer(String containerId) implements Command {}

    /** @param name without slash */
    record RenameContainer(String containerId, String name) implements Command {}

    /** @param change the limits and the restart policy that are not null replace the container's */
    record UpdateContainer(String containerId, HostConfig change) implements Command {}

    /**
     * Gives a container what it had before an update that its node refused; does nothing when it was updated again since.
     *
     * @param refused all of its host configuration, as the node would not have it
     */
    record TakeBackUpdate(String containerId, HostConfig refused, HostConfig before) implements Command {}

    /** Takes a legacy link off the container that has it. @param alias the last part of the link's name */
    record RemoveLink(String containerId, String alias) implements Command {}

    /** Takes a container off the state, because its node has removed it or will not come back. */
    record ForgetContainer(String containerId) implements Command {}

    /** Answers with the secret's ID. @param spec without data @param value null where the spec names a driver */
    record CreateSecret(SecretSpec spec, @Nullable Confidential value) implements Command {}

    /** Answers with the config's ID. @param spec without data */
    record CreateConfig(ConfigSpec spec, @Nullable Confidential value) implements Command {}

    /**
     * Gives a secret other labels, or a versioned one a new value, which is a new secret: answers with the ID.
     *
     * @param spec without data
     * @param value null: as it is
     */
    record UpdateSecret(
            String secretId,
            long version,
            SecretSpec spec,
            @Nullable Confidential value) implements Command {}

    /** As {@link UpdateSecret}. */
    record UpdateConfig(
            String configId,
            long version,
            ConfigSpec spec,
            @Nullable Confidential value) implements Command {}

    /** Removes a secret or a config, with all versions of its name where it is the present one. */
    record RemoveValue(ObjectKind kind, String id) implements Command {}

    /** Changes nothing: asks for a config's value, which only managers have. Answered by Disclosed. */
    record ReadConfig(String configId) implements Command {}

    /** Answers with the volume's ID. @param create with a name, a driver and a clusterVolumeSpec */
    record CreateClusterVolume(VolumeCreate create) implements Command {}

    /** @param version the index the client last saw @param spec only its availability may differ */
    record UpdateClusterVolume(String volumeId, long version, ClusterVolumeSpec spec) implements Command {}

    /** @param force forget it at once, whatever uses it and whether or not its plugin deletes it */
    record RemoveClusterVolume(String volumeId, boolean force) implements Command {}
}
