package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The PortConfig object of the Engine API.
 *
 * @param targetPort The port inside the container.
 * @param publishedPort The port on the swarm hosts.
 * @param publishMode The mode in which port is published.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record PortConfig(
        @Nullable String name,
        @Nullable Protocol protocol,
        @Nullable Long targetPort,
        @Nullable Long publishedPort,
        @Nullable PublishMode publishMode)
        implements PortConfigBuilder.With {

    /** Protocol. */
    public enum Protocol {
        @JsonProperty("tcp")
        TCP,
        @JsonProperty("udp")
        UDP,
        @JsonProperty("sctp")
        SCTP
    }

    /** The mode in which port is published. */
    public enum PublishMode {
        @JsonProperty("ingress")
        INGRESS,
        @JsonProperty("host")
        HOST
    }
}
