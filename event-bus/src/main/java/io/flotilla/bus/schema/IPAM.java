package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The IPAM object of the Engine API.
 *
 * @param driver Name of the IPAM driver to use.
 * @param config List of IPAM configuration options, specified as a map:
 * @param options Driver-specific options, specified as a map.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record IPAM(@Nullable String driver, List<IPAMConfig> config, Map<String, String> options)
        implements IPAMBuilder.With {
    public IPAM {
        config = Frozen.list(config);
        options = Frozen.map(options);
    }
}
