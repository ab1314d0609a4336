package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.flotilla.bus.seal.Confidential;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One version of what a service's tasks are made from, stored once however many tasks run it. Kept while the service is at
 * it and while a task of it is remembered.
 *
 * @param id {@link #idOf}
 * @param specVersion counts the changes of what the service's tasks are made from
 * @param spec of a task; its networks are the service's where the client named them there
 * @param sealedRegistryAuth what nodes pull the image with, an X-Registry-Auth; never on flotilla.objects
 * @param endpointSpec the ports a task of this revision publishes, as its service asked for them then
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SpecRevision(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        @JsonProperty("ServiceID") String serviceId,
        long specVersion,
        TaskSpec spec,
        @Nullable EndpointSpec endpointSpec,
        Confidential.@Nullable Sealed sealedRegistryAuth)
        implements SpecRevisionBuilder.With, StoreObject {

    /** What the credentials are sealed for. */
    public static final String REGISTRY_AUTH = "registry credentials";

    /** The ID of a service's revision. */
    public static String idOf(String serviceId, long specVersion) {
        return serviceId + "." + specVersion;
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.REVISION;
    }

    @Override
    public SpecRevision stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
