package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import io.flotilla.bus.schema.ExecConfig;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decides what a command is executed as in its container, as dockerd does: what it does not say is as the container's own. */
public final class ExecPlan {
    private ExecPlan() {}

    /**
     * @param size of the terminal at the start; null: none was told
     * @throws PlanRefused when its user is not in the container
     */
    public static RuntimeSpec.Process of(ContainerRecord container, ExecConfig exec, @Nullable ConsoleSize size)
            throws PlanRefused, IOException {
        RuntimeSpec.Process own = container.spec().process();
        String asked = Objects.requireNonNullElse(exec.user(), "");
        String folder = Objects.requireNonNullElse(exec.workingDir(), "");
        UserLookup.Found user = user(container, asked);
        return own.withArgs(exec.cmd())
                .withEnv(environment(container, exec, user.home()))
                .withCwd(folder.isEmpty() ? own.cwd() : folder)
                .withUser(user.user())
                .withTerminal(exec.tty())
                .withConsoleSize(size)
                .withOpenStdin(exec.attachStdin())
                .withStdinOnce(true);
    }

    /** The user the container runs as, with its groups. @throws PlanRefused when it is not in the container */
    public static RuntimeSpec.User user(ContainerRecord container) throws PlanRefused, IOException {
        return user(container, "").user();
    }

    private static UserLookup.Found user(ContainerRecord container, String asked) throws PlanRefused, IOException {
        RuntimeSpec.Root root = container.spec().root();
        return UserLookup.find(
                asked.isEmpty() ? Objects.requireNonNullElse(container.config().user(), "") : asked,
                asked.isEmpty() ? container.hostConfig().groupAdd() : List.of(),
                new Snapshot(root.lower(), root.upper(), root.work()));
    }

    private static List<String> environment(ContainerRecord container, ExecConfig exec, String home) {
        Map<String, String> environment = new LinkedHashMap<>();
        container.spec().process().env().forEach(variable -> put(environment, variable));
        if (container.config().env().stream().noneMatch(variable -> variable.startsWith("HOME="))) {
            // was the home of the container's own user
            environment.put("HOME", home);
        }
        if (exec.tty()) {
            environment.putIfAbsent("TERM", "xterm");
        }
        exec.env().forEach(variable -> put(environment, variable));
        return environment.entrySet().stream()
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .toList();
    }

    /** A name without value takes the variable away, as in dockerd. */
    private static void put(Map<String, String> environment, String variable) {
        int equals = variable.indexOf('=');
        if (equals < 0) {
            environment.remove(variable);
        } else {
            environment.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
    }
}
