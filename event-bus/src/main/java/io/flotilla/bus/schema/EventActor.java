package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Actor describes something that generates events, like a container, network, or a volume.
 *
 * @param id The ID of the object emitting the event
 * @param attributes Various key/value attributes of the object, depending on its type.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EventActor(@JsonProperty("ID") @Nullable String id, Map<String, String> attributes)
        implements EventActorBuilder.With {
    public EventActor {
        attributes = Frozen.map(attributes);
    }
}
