package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ConfigSpec object of the Engine API.
 *
 * @param name User-defined name of the config.
 * @param labels User-defined key/value metadata.
 * @param data base64 of the value, in a client's request and answer: the state has it sealed, apart from the spec
 * @param templating Templating driver, if applicable.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ConfigSpec(
        @Nullable String name,
        Map<String, String> labels,
        @Nullable String data,
        @Nullable Driver templating) implements ConfigSpecBuilder.With {
    public ConfigSpec {
        labels = Frozen.map(labels);
    }
}
