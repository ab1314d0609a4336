package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The IPAMConfig object of the Engine API.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record IPAMConfig(
        @Nullable String subnet,
        @JsonProperty("IPRange") @Nullable String ipRange,
        @Nullable String gateway,
        Map<String, String> auxiliaryAddresses)
        implements IPAMConfigBuilder.With {
    public IPAMConfig {
        auxiliaryAddresses = Frozen.map(auxiliaryAddresses);
    }
}
