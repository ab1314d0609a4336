package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command executed in a container, as GET /exec/{id}/json shows it.
 *
 * @param exitCode null until it has ended
 * @param canRemove it has ended and will be forgotten
 * @param pid The system process ID for the exec process; 0 before it is started.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ExecInspect(
        @JsonProperty("ID") String id,
        boolean running,
        @Nullable Long exitCode,
        ProcessConfig processConfig,
        boolean openStdin,
        boolean openStderr,
        boolean openStdout,
        boolean canRemove,
        @JsonProperty("ContainerID") String containerId,
        String detachKeys,
        int pid)
        implements ExecInspectBuilder.With {

    /** The command; the definition has these names in lower case. */
    @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record ProcessConfig(
            boolean tty,
            String entrypoint,
            List<String> arguments,
            boolean privileged,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) @Nullable
            String user) {
        public ProcessConfig {
            arguments = Frozen.list(arguments);
        }
    }
}
