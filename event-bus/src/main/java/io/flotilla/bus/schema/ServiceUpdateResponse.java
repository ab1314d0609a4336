package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;

/**
 * The ServiceUpdateResponse object of the Engine API.
 *
 * @param warnings Optional warning messages
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceUpdateResponse(List<String> warnings) implements ServiceUpdateResponseBuilder.With {
    public ServiceUpdateResponse {
        warnings = Frozen.list(warnings);
    }
}
