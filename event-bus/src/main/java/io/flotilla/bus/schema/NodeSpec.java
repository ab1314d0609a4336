package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The NodeSpec object of the Engine API.
 *
 * @param name Name for the node.
 * @param labels User-defined key/value metadata.
 * @param role Role of the node.
 * @param availability Availability of the node.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NodeSpec(
        @Nullable String name,
        Map<String, String> labels,
        @Nullable Role role,
        @Nullable Availability availability) implements NodeSpecBuilder.With {
    public NodeSpec {
        labels = Frozen.map(labels);
    }

    /** Role of the node. */
    public enum Role {
        @JsonProperty("worker")
        WORKER,
        @JsonProperty("manager")
        MANAGER
    }

    /** Availability of the node. */
    public enum Availability {
        @JsonProperty("active")
        ACTIVE,
        @JsonProperty("pause")
        PAUSE,
        @JsonProperty("drain")
        DRAIN
    }
}
