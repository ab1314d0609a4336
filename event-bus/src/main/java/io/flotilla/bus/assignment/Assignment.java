package io.flotilla.bus.assignment;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.seal.SealedToNode;
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
     */
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
            @Nullable SealedToNode sealedRegistryAuth)
            implements Assignment {
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
                    null);
        }

        public RunTask {
            requireNonNull(id, "Id");
            requireNonNull(name, "Name");
            requireNonNull(spec, "Spec");
            requireNonNull(desiredState, "DesiredState");
            serviceLabels = serviceLabels == null ? Map.of() : Map.copyOf(serviceLabels);
            imageHolders = imageHolders == null ? List.of() : List.copyOf(imageHolders);
            ports = ports == null ? List.of() : List.copyOf(ports);
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

    /** A node that has an image. @param address host:port of its NodeService */
    record Holder(String nodeId, String address) {}
}
