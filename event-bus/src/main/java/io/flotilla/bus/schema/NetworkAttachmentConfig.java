package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Specifies how a service should be attached to a particular network.
 *
 * @param target The target network for attachment.
 * @param aliases Discoverable alternate names for the service on this network.
 * @param driverOpts Driver attachment options for the network target.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NetworkAttachmentConfig(@Nullable String target, List<String> aliases, Map<String, String> driverOpts)
        implements NetworkAttachmentConfigBuilder.With {
    public NetworkAttachmentConfig {
        aliases = Frozen.list(aliases);
        driverOpts = Frozen.map(driverOpts);
    }
}
