package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The Task object of the Engine API.
 *
 * @param id The ID of the task.
 * @param specVersion which {@link SpecRevision} of its service the task runs; the spec itself is stored there, once
 * @param version The version number of the object such as node, service, etc.
 * @param name Name of the task.
 * @param labels User-defined key/value metadata.
 * @param spec not stored: filled in from the {@link SpecRevision} where an API answer needs it
 * @param serviceId The ID of the service this task is part of.
 * @param nodeId The ID of the node that this task is on.
 * @param assignedGenericResources User-defined resources can be either Integer resources (e.g, {@code SSD=3}) or String resources (e.g, {@code GPU=UUID1}).
 * @param status represents the status of a task.
 * @param jobIteration If the Service this Task belongs to is a job-mode service, contains the JobIteration of the Service this Task was created for.
 * @param networksAttachments The networks that this task is attached to, and the addresses the task was assigned on each of them.
 * @param volumes the cluster volumes it has, one for each of its mounts of type cluster.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Task(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        @Nullable String name,
        Map<String, String> labels,
        @Nullable TaskSpec spec,
        @Nullable Long specVersion,
        @JsonProperty("ServiceID") @Nullable String serviceId,
        @Nullable Long slot,
        @JsonProperty("NodeID") @Nullable String nodeId,
        List<GenericResource> assignedGenericResources,
        TaskStatus status,
        TaskState desiredState,
        @Nullable ObjectVersion jobIteration,
        List<NetworkAttachment> networksAttachments,
        List<VolumeAttachment> volumes)
        implements TaskBuilder.With, StoreObject {
    public Task {
        labels = Frozen.map(labels);
        assignedGenericResources = Frozen.list(assignedGenericResources);
        networksAttachments = Frozen.list(networksAttachments);
        volumes = Frozen.list(volumes);
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.TASK;
    }

    /** The observed state; a task always has one. */
    public TaskState state() {
        return Objects.requireNonNullElse(status.state(), TaskState.NEW);
    }

    @Override
    public Task stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
