package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * User modifiable configuration for a service.
 *
 * @param name Name of the service.
 * @param labels User-defined key/value metadata.
 * @param taskTemplate User modifiable task configuration.
 * @param mode Scheduling mode for the service.
 * @param updateConfig Specification for the update strategy of the service.
 * @param rollbackConfig Specification for the rollback strategy of the service.
 * @param networks Specifies which networks the service should attach to.
 * @param endpointSpec Properties that can be configured to access and load balance a service.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceSpec(
        @Nullable String name,
        Map<String, String> labels,
        @Nullable TaskSpec taskTemplate,
        @Nullable ServiceMode mode,
        @Nullable UpdateConfig updateConfig,
        @Nullable UpdateConfig rollbackConfig,
        List<NetworkAttachmentConfig> networks,
        @Nullable EndpointSpec endpointSpec)
        implements ServiceSpecBuilder.With {
    public ServiceSpec {
        labels = Frozen.map(labels);
        networks = Frozen.list(networks);
    }
}
