package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The Service object of the Engine API.
 *
 * @param version The version number of the object such as node, service, etc.
 * @param previousSpec what the last update replaced and a rollback goes back to
 * @param specVersion the {@link SpecRevision} of the current spec; grows by one with every change of
 *     what tasks are made from, a rollback included
 * @param specIndex of the log, where the spec was given last: who knows this version or a later one knows the spec. 0 until it
 *     is committed; not part of the Engine API
 * @param spec User modifiable configuration for a service.
 * @param updateStatus The status of a service update.
 * @param serviceStatus The status of the service's tasks.
 * @param scaleDecision the last one of autoscaling; not part of the Engine API
 * @param jobStatus The status of the service when it is in one of ReplicatedJob or GlobalJob modes.
 * @param cronStatus of a job with a schedule
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Service(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        ServiceSpec spec,
        @Nullable ServiceSpec previousSpec,
        long specVersion,
        long specIndex,
        @Nullable Endpoint endpoint,
        @Nullable UpdateStatus updateStatus,
        @Nullable ServiceStatus serviceStatus,
        @Nullable JobStatus jobStatus,
        @Nullable CronStatus cronStatus,
        @Nullable ScaleDecision scaleDecision)
        implements ServiceBuilder.With, StoreObject {
    @Override
    public ObjectKind kind() {
        return ObjectKind.SERVICE;
    }

    @Override
    public Service stamped(ObjectVersion committed) {
        return with(service -> service.version(committed).specIndex(specIndex == 0 ? committed.index() : specIndex));
    }
}
