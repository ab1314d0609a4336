package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of the image.
 *
 * @param user The user that commands are run as inside the container.
 * @param exposedPorts An object mapping ports to an empty object in the form: {@code {"/": {}}}
 * @param env A list of environment variables to set inside the container in the form {@code ["VAR=value", ...]}.
 * @param cmd Command to run specified as a string or an array of strings.
 * @param healthcheck A test to perform to check that the container is healthy.
 * @param argsEscaped Command is already escaped (Windows only)
 * @param volumes An object mapping mount point paths inside the container to empty objects.
 * @param workingDir The working directory for commands to run in.
 * @param entrypoint The entry point for the container as a string or an array of strings.
 * @param onBuild {@code ONBUILD} metadata that were defined in the image's {@code Dockerfile}.
 * @param labels User-defined key/value metadata.
 * @param stopSignal Signal to stop a container as a string or unsigned integer.
 * @param shell Shell for when {@code RUN}, {@code CMD}, and {@code ENTRYPOINT} uses a shell.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ImageConfig(
        @Nullable String user,
        Map<String, Map<String, Object>> exposedPorts,
        List<String> env,
        @Nullable List<String> cmd,
        @Nullable HealthConfig healthcheck,
        @Nullable Boolean argsEscaped,
        Map<String, Map<String, Object>> volumes,
        @Nullable String workingDir,
        @Nullable List<String> entrypoint,
        List<String> onBuild,
        Map<String, String> labels,
        @Nullable String stopSignal,
        List<String> shell)
        implements ImageConfigBuilder.With {
    public ImageConfig {
        exposedPorts = Frozen.map(exposedPorts);
        env = Frozen.list(env);
        volumes = Frozen.map(volumes);
        onBuild = Frozen.list(onBuild);
        labels = Frozen.map(labels);
        shell = Frozen.list(shell);
    }
}
