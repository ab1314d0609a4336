package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configuration for a container that is portable between hosts.
 *
 * @param hostname The hostname to use for the container, as a valid RFC 1123 hostname.
 * @param domainname The domain name to use for the container.
 * @param user Commands run as this user inside the container.
 * @param attachStdin Whether to attach to {@code stdin}.
 * @param attachStdout Whether to attach to {@code stdout}.
 * @param attachStderr Whether to attach to {@code stderr}.
 * @param exposedPorts An object mapping ports to an empty object in the form: {@code {"/": {}}}
 * @param tty Attach standard streams to a TTY, including {@code stdin} if it is not closed.
 * @param openStdin Open {@code stdin}
 * @param stdinOnce Close {@code stdin} after one attached client disconnects
 * @param env A list of environment variables to set inside the container in the form {@code ["VAR=value", ...]}.
 * @param cmd Command to run specified as a string or an array of strings.
 * @param healthcheck A test to perform to check that the container is healthy.
 * @param argsEscaped Command is already escaped (Windows only)
 * @param image The name (or reference) of the image to use when creating the container, or which was used when the container was created.
 * @param volumes An object mapping mount point paths inside the container to empty objects.
 * @param workingDir The working directory for commands to run in.
 * @param entrypoint The entry point for the container as a string or an array of strings.
 * @param networkDisabled Disable networking for the container.
 * @param onBuild {@code ONBUILD} metadata that were defined in the image's {@code Dockerfile}.
 * @param labels User-defined key/value metadata.
 * @param stopSignal Signal to stop a container as a string or unsigned integer.
 * @param stopTimeout Timeout to stop a container in seconds.
 * @param shell Shell for when {@code RUN}, {@code CMD}, and {@code ENTRYPOINT} uses a shell.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerConfig(
        @Nullable String hostname,
        @Nullable String domainname,
        @Nullable String user,
        @Nullable Boolean attachStdin,
        @Nullable Boolean attachStdout,
        @Nullable Boolean attachStderr,
        @OmitEmpty Map<String, Map<String, Object>> exposedPorts,
        @Nullable Boolean tty,
        @Nullable Boolean openStdin,
        @Nullable Boolean stdinOnce,
        List<String> env,
        @Nullable List<String> cmd,
        @OmitEmpty @Nullable HealthConfig healthcheck,
        @OmitEmpty @Nullable Boolean argsEscaped,
        @Nullable String image,
        Map<String, Map<String, Object>> volumes,
        @Nullable String workingDir,
        @Nullable List<String> entrypoint,
        @OmitEmpty @Nullable Boolean networkDisabled,
        List<String> onBuild,
        Map<String, String> labels,
        @OmitEmpty @Nullable String stopSignal,
        @OmitEmpty @Nullable Long stopTimeout,
        @OmitEmpty List<String> shell)
        implements ContainerConfigBuilder.With {
    public ContainerConfig {
        exposedPorts = Frozen.map(exposedPorts);
        env = Frozen.list(env);
        volumes = Frozen.map(volumes);
        onBuild = Frozen.list(onBuild);
        labels = Frozen.map(labels);
        shell = Frozen.list(shell);
    }
}
