package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * PortBinding represents a binding between a host IP address and a host port.
 *
 * @param hostIp Host IP address that the container's port is mapped to.
 * @param hostPort Host port number that the container's port is mapped to.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PortBinding(@Nullable String hostIp, @Nullable String hostPort) implements PortBindingBuilder.With {}
