package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A container as its node last reported it.
 *
 * @param id 64 hexadecimal digits
 * @param taskId the task it runs, null for one that belongs to no service
 * @param inspect what `docker inspect` shows
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
