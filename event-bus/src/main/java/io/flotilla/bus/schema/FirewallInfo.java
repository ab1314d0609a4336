package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Information about the daemon's firewalling configuration.
 *
 * @param driver The name of the firewall backend driver.
 * @param info Information about the firewall backend, provided as "label" / "value" pairs.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record FirewallInfo(@Nullable String driver, List<List<String>> info) implements FirewallInfoBuilder.With {
    public FirewallInfo {
        info = Frozen.list(info);
    }
}
