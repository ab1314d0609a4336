package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;

/**
 * Available plugins per type.
 *
 * @param volume Names of available volume-drivers, and network-driver plugins.
 * @param network Names of available network-drivers, and network-driver plugins.
 * @param authorization Names of available authorization plugins.
 * @param log Names of available logging-drivers, and logging-driver plugins.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PluginsInfo(List<String> volume, List<String> network, List<String> authorization, List<String> log)
        implements PluginsInfoBuilder.With {
    public PluginsInfo {
        volume = Frozen.list(volume);
        network = Frozen.list(network);
        authorization = Frozen.list(authorization);
        log = Frozen.list(log);
    }
}
