package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;

/**
 * The Topology object of the Engine API, which is CSI's.
 *
 * @param segments topological domains to segments: {@code zone} to {@code z1}
 */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Topology(Map<String, String> segments) {
    public Topology {
        segments = Frozen.map(segments);
    }
}
