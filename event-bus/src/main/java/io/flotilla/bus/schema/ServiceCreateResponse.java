package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * contains the information returned to a client on the creation of a new service.
 *
 * @param id The ID of the created service.
 * @param warnings Optional warning message.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceCreateResponse(
        @JsonProperty("ID") @Nullable String id, List<String> warnings) implements ServiceCreateResponseBuilder.With {
    public ServiceCreateResponse {
        warnings = Frozen.list(warnings);
    }
}
