package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * EngineDescription provides information about an engine.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record EngineDescription(@Nullable String engineVersion, Map<String, String> labels, List<Plugin> plugins)
        implements EngineDescriptionBuilder.With {
    public EngineDescription {
        labels = Frozen.map(labels);
        plugins = Frozen.list(plugins);
    }

    /**
     * The Plugin object of the Engine API.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Plugin(@Nullable String type, @Nullable String name) implements EngineDescriptionPluginBuilder.With {}
}
