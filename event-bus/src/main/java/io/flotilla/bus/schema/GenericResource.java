package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/** A resource of the user's own naming: counted (SSD=3) or named (GPU=UUID1); one of the two is set. */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record GenericResource(
        @Nullable Named namedResourceSpec, @Nullable Discrete discreteResourceSpec) {
    /** One unit with a name of its own. */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    public record Named(String kind, String value) {}

    /** A number of equal units. */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    public record Discrete(String kind, long value) {}
}
