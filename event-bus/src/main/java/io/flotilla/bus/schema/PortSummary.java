package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Describes a port-mapping between the container and the host.
 *
 * @param ip Host IP address that the container's port is mapped to
 * @param privatePort Port on the container
 * @param publicPort Port exposed on the host
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PortSummary(
        @OmitEmpty @JsonProperty("IP") @Nullable String ip,
        @Nullable Integer privatePort,
        @OmitEmpty @Nullable Integer publicPort,
        @Nullable String type)
        implements PortSummaryBuilder.With {}
