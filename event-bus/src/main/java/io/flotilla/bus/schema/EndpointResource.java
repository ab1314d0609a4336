package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * contains network resources allocated and used for a container in a network.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EndpointResource(
        @Nullable String name,
        @JsonProperty("EndpointID") @Nullable String endpointId,
        @Nullable String macAddress,
        @JsonProperty("IPv4Address") @Nullable String ipv4Address,
        @JsonProperty("IPv6Address") @Nullable String ipv6Address)
        implements EndpointResourceBuilder.With {}
