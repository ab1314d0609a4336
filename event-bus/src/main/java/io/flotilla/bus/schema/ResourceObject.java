package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An object describing the resources which can be advertised by a node and requested by a task.
 *
 * @param genericResources User-defined resources can be either Integer resources (e.g, {@code SSD=3}) or String resources (e.g, {@code GPU=UUID1}).
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ResourceObject(
        @JsonProperty("NanoCPUs") @Nullable Long nanoCpus,
        @Nullable Long memoryBytes,
        List<GenericResource> genericResources)
        implements ResourceObjectBuilder.With {
    public ResourceObject {
        genericResources = Frozen.list(genericResources);
    }
}
