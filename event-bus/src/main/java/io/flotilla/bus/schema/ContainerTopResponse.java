package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;

/**
 * Container "top" response.
 *
 * @param titles The ps column titles
 * @param processes Each process running in the container, where each process is an array of values corresponding to the titles.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerTopResponse(List<String> titles, List<List<String>> processes)
        implements ContainerTopResponseBuilder.With {
    public ContainerTopResponse {
        titles = Frozen.list(titles);
        processes = Frozen.list(processes);
    }
}
