package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A container: what is wanted of it, unless a task's, and how its node last saw it.
 *
 * @param id 64 hexadecimal digits
 * @param nodeId where it lives; it never moves
 * @param taskId the task it runs, null for one that belongs to no service
 * @param request what a user asked for; null for a task's, whose wish is the task
 * @param starts how often its start was ordered, 0 for one that was only made; what stops it is an action on its node
 * @param observed orders what the node saw: an observation with a lower number is older. 0 before the first
 * @param inspect what `docker inspect` shows; before the node has seen it, what was asked for
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Container(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        @JsonProperty("NodeID") String nodeId,
        @JsonProperty("TaskID") @Nullable String taskId,
        @JsonProperty("ServiceID") @Nullable String serviceId,
        @Nullable ContainerRequest request,
        long starts,
        long observed,
        ContainerInspectResponse inspect)
        implements ContainerBuilder.With, StoreObject {
    @Override
    public ObjectKind kind() {
        return ObjectKind.CONTAINER;
    }

    @Override
    public Container stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
