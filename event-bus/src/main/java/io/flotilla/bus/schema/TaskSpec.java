package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * User modifiable task configuration.
 *
 * @param containerSpec Container spec for the service.
 * @param resources Resource requirements which apply to each individual container created as part of the service.
 * @param restartPolicy Specification for the restart policy which applies to containers created as part of this service.
 * @param forceUpdate A counter that triggers an update even if no relevant parameters have been changed.
 * @param runtime Runtime is the type of runtime specified for the task executor.
 * @param networks Specifies which networks the service should attach to.
 * @param logDriver Specifies the log driver to use for tasks created from this spec.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record TaskSpec(
        @Nullable ContainerSpec containerSpec,
        @Nullable ResourceRequirements resources,
        @Nullable ServiceRestartPolicy restartPolicy,
        @Nullable Placement placement,
        @Nullable Long forceUpdate,
        @Nullable String runtime,
        List<NetworkAttachmentConfig> networks,
        @Nullable LogDriver logDriver)
        implements TaskSpecBuilder.With {
    public TaskSpec {
        networks = Frozen.list(networks);
    }

    /**
     * Specifies the log driver to use for tasks created from this spec.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record LogDriver(@Nullable String name, Map<String, String> options)
            implements TaskSpecLogDriverBuilder.With {
        public LogDriver {
            options = Frozen.map(options);
        }
    }
}
