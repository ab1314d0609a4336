package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command to be executed in a running container.
 *
 * @param attachStdin Attach to {@code stdin} of the exec command.
 * @param attachStdout Attach to {@code stdout} of the exec command.
 * @param attachStderr Attach to {@code stderr} of the exec command.
 * @param consoleSize Initial console size, as an {@code [height, width]} array.
 * @param detachKeys Override the key sequence for detaching a container.
 * @param tty Allocate a pseudo-TTY.
 * @param env A list of environment variables in the form {@code ["VAR=value", ...]}.
 * @param cmd Command to run, as a string or array of strings.
 * @param privileged Runs the exec process with extended privileges.
 * @param user The user, and optionally, group to run the exec process inside the container.
 * @param workingDir The working directory for the exec process inside the container.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ExecConfig(
        boolean attachStdin,
        boolean attachStdout,
        boolean attachStderr,
        List<Integer> consoleSize,
        @Nullable String detachKeys,
        boolean tty,
        List<String> env,
        List<String> cmd,
        boolean privileged,
        @Nullable String user,
        @Nullable String workingDir)
        implements ExecConfigBuilder.With {
    public ExecConfig {
        consoleSize = Frozen.list(consoleSize);
        env = Frozen.list(env);
        cmd = Frozen.list(cmd);
    }
}
