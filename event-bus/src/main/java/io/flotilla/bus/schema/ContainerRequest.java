package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container is to be, as POST /containers/create says it.
 *
 * @param name without slash
 * @param endpoints what NetworkingConfig.EndpointsConfig wants of each network, by the network's name or ID
 * @param imageId the image resolved to sha256:..., decided once by the managers
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ContainerRequest(
        String name,
        ContainerConfig config,
        HostConfig hostConfig,
        Map<String, EndpointSettings> endpoints,
        @Nullable String imageId)
        implements ContainerRequestBuilder.With {
    public ContainerRequest {
        endpoints = Frozen.map(endpoints);
    }
}
