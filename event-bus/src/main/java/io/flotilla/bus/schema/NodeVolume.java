package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;

/**
 * A volume as its node has reported it: the truth of a volume is its node's. Several nodes may have one of the same name.
 *
 * @param id see {@link #idOf}
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NodeVolume(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        @JsonProperty("NodeID") String nodeId,
        Volume volume)
        implements NodeVolumeBuilder.With, StoreObject {
    /** node/name: a volume's name has no slash. */
    public static String idOf(String nodeId, String name) {
        return nodeId + "/" + name;
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.VOLUME;
    }

    @Override
    public NodeVolume stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
