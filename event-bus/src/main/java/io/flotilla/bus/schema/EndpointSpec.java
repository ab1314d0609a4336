package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Properties that can be configured to access and load balance a service.
 *
 * @param mode The mode of resolution to use for internal load balancing between tasks.
 * @param ports List of exposed ports that this service is accessible on from the outside.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record EndpointSpec(@Nullable Mode mode, List<PortConfig> ports) implements EndpointSpecBuilder.With {
    public EndpointSpec {
        ports = Frozen.list(ports);
    }

    /** The mode of resolution to use for internal load balancing between tasks. */
    public enum Mode {
        @JsonProperty("vip")
        VIP,
        @JsonProperty("dnsrr")
        DNSRR
    }
}
