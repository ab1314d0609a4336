package io.flotilla.bus.assignment;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.schema.ClusterVolume.Info;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.bus.seal.SealedToNode;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thing a node is to make true. A later record of the same key replaces it; a record without value takes it back. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "Assignment")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Assignment.RunTask.class, name = "RunTask"),
    @JsonSubTypes.Type(value = Assignment.RunContainer.class, name = "RunContainer"),
    @JsonSubTypes.Type(value = Assignment.DropImage.class, name = "DropImage"),
    @JsonSubTypes.Type(value = Assignment.HoldValue.class, name = "HoldValue"),
    @JsonSubTypes.Type(value = Assignment.PublishVolume.class, name = "PublishVolume"),
    @JsonSubTypes.Type(value = Assignment.ControlVolume.class, name = "ControlVolume"),
})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public sealed interface Assignment {
    /** The last part of the record's key. */
    String id();

    /**
     * A task of this node.
     *
     * @param id the task's
     * @param name service.slot.id, service.node.id of a global one: the container's name
     * @param slot 0 of a global service
     * @param image the reference in the spec resolved to an ID; null while the cluster has no such image
     * @param imageHolders nodes to take the image's content from
     * @param desiredState RUNNING, or from SHUTDOWN on to be stopped; REMOVE: forget container and logs too
     * @param ports with every published port decided
     * @param sealedRegistryAuth what to pull the image with when no node has it, an X-Registry-Auth; null for nothing
     * @param volumes the cluster volumes of its mounts of type cluster; each is a PublishVolume of the node too
     */
    @RecordBuilder
    record RunTask(
            String id,
            String name,
            String serviceId,
            String serviceName,
            Map<String, String> serviceLabels,
            long slot,
            TaskSpec spec,
            @Nullable String image,
            List<Holder> imageHolders,
            TaskState desiredState,
            List<PortConfig> ports,
            @Nullable SealedToNode sealedRegistryAuth,
            List<VolumeAttachment> volumes)
            implements AssignmentRunTaskBuilder.With, Assignment {
        public RunTask(
                String id,
                String name,
                String serviceId,
                String serviceName,
                Map<String, String> serviceLabels,
                long slot,
                TaskSpec spec,
                @Nullable String image,
                List<Holder> imageHolders,
                TaskState desiredState,
                List<PortConfig> ports) {
            this(
                    id,
                    name,
                    serviceId,
                    serviceName,
                    serviceLabels,
                    slot,
                    spec,
                    image,
                    imageHolders,
                    desiredState,
                    ports,
                    null,
                    List.of());
        }

        public RunTask {
            requireNonNull(id, "Id");
            requireNonNull(name, "Name");
            requireNonNull(spec, "Spec");
            requireNonNull(desiredState, "DesiredState");
            serviceLabels = serviceLabels == null ? Map.of() : Map.copyOf(serviceLabels);
            imageHolders = imageHolders == null ? List.of() : List.copyOf(imageHolders);
            ports = ports == null ? List.of() : List.copyOf(ports);
            volumes = volumes == null ? List.of() : List.copyOf(volumes);
        }
    }

    /**
     * A container of no service. It stays until this is taken back, also when it was removed at the node meanwhile.
     *
     * @param id the container's
     * @param request its imageId is set; name and limits may change later, the rest is as it was created
     * @param imageHolders nodes to take the image's content from
     * @param starts how often its start was ordered: the node starts it when it has seen fewer
     */
    record RunContainer(String id, ContainerRequest request, List<Holder> imageHolders, long starts)
            implements Assignment {
        public RunContainer {
            imageHolders = imageHolders == null ? List.of() : List.copyOf(imageHolders);
        }
    }

    /** Content to delete: the image was removed from the cluster. @param id sha256:... */
    record DropImage(String id) implements Assignment {
        public DropImage {
            requireNonNull(id, "Id");
        }
    }

    /**
     * A secret's or config's value, for tasks of the node that refer to it. It never changes under its ID.
     *
     * @param id of the secret or config
     * @param kind SECRET or CONFIG
     * @param name of the secret or config
     * @param templated the value is a template, to be expanded for each task
     * @param value sealed for {@link io.flotilla.bus.schema.StoredValue#context}; null when it can't be had
     * @param problem why it can't be had: tasks that need it can't run here
     */
    record HoldValue(
            String id,
            ObjectKind kind,
            String name,
            boolean templated,
            @Nullable SealedToNode value,
            @Nullable String problem)
            implements Assignment {
        public HoldValue {
            requireNonNull(id, "Id");
            requireNonNull(kind, "Kind");
            requireNonNull(name, "Name");
        }
    }

    /**
     * A cluster volume to mount for the node's tasks, or to let go of. Kept until the node has said that it let go.
     *
     * @param id of the volume
     * @param number of the publication: what the node reports is about this one
     * @param published false: unmount it, and say so, whether or not it was ever mounted
     * @param name of the volume
     * @param driver name of the CSI plugin
     * @param info as the plugin gave it
     * @param publishContext of the plugin's controller for this node
     */
    record PublishVolume(
            String id,
            long number,
            boolean published,
            String name,
            String driver,
            ClusterVolumeSpec.AccessMode accessMode,
            Info info,
            Map<String, String> publishContext,
            List<VolumeSecret> secrets)
            implements Assignment {
        /** Of the record's key. */
        public static final String KIND = "clustervolume";

        public PublishVolume {
            requireNonNull(id, "Id");
            requireNonNull(driver, "Driver");
            requireNonNull(accessMode, "AccessMode");
            requireNonNull(info, "Info");
            publishContext = publishContext == null ? Map.of() : Map.copyOf(publishContext);
            secrets = secrets == null ? List.of() : List.copyOf(secrets);
        }
    }

    /**
     * A call of a CSI plugin's controller to make for the cluster, again and again until it is answered without an error.
     * Every such call may be repeated (CSI). Taken back when the managers have heard the answer.
     *
     * @param id of the volume
     * @param number of the operation: what the node reports is about this one
     * @param name of the volume for the plugin, which no other volume ever had or will have
     * @param options of the driver
     * @param info null of the volume that is to be made
     * @param csiNodeId what the plugin calls the node to publish to or unpublish from; null of other operations
     */
    record ControlVolume(
            String id,
            long number,
            SwarmVolume.OperationKind kind,
            String name,
            String driver,
            Map<String, String> options,
            ClusterVolumeSpec spec,
            @Nullable Info info,
            @Nullable String csiNodeId,
            List<VolumeSecret> secrets)
            implements Assignment {
        /** Of the record's key. */
        public static final String KIND = "volumecontrol";

        public ControlVolume {
            requireNonNull(id, "Id");
            requireNonNull(kind, "Kind");
            requireNonNull(name, "Name");
            requireNonNull(driver, "Driver");
            requireNonNull(spec, "Spec");
            options = options == null ? Map.of() : Map.copyOf(options);
            secrets = secrets == null ? List.of() : List.copyOf(secrets);
        }
    }

    /**
     * A value a CSI plugin is called with.
     *
     * @param key the plugin knows it by
     * @param name of the secret it is of; sealed for {@link io.flotilla.bus.schema.StoredValue#context} of it
     * @param value null when it can't be had
     * @param problem why it can't be had; null when it can
     */
    record VolumeSecret(
            String key,
            String name,
            @Nullable SealedToNode value,
            @Nullable String problem) {}

    /** A node that has an image. @param address host:port of its NodeService */
    record Holder(String nodeId, String address) {}
}
