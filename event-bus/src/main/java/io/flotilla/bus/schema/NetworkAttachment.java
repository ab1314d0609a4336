package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Specifies how a task is attached to a network, and the addresses the task was assigned on that network.
 *
 * @param addresses The IP addresses (in CIDR notation) assigned to the task on this network.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NetworkAttachment(@Nullable Network network, List<String> addresses)
        implements NetworkAttachmentBuilder.With {
    public NetworkAttachment {
        addresses = Frozen.list(addresses);
    }
}
