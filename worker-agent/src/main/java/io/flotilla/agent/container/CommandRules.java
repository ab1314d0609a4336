package io.flotilla.agent.container;

import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ImageConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How the wanted command and environment and the image's become the container's, as dockerd merges them. */
final class CommandRules {
    static final String DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private CommandRules() {}

    /** @param entrypoint null where neither names one, as in Docker's Config */
    record Command(
            @Nullable List<String> entrypoint, @Nullable List<String> cmd) {
        List<String> args() {
            List<String> args = new ArrayList<>(Objects.requireNonNullElse(entrypoint, List.of()));
            args.addAll(Objects.requireNonNullElse(cmd, List.of()));
            return List.copyOf(args);
        }
    }

    /** An own entry point discards the image's command; one of a single empty word takes the image's away. */
    static Command command(ContainerConfig wanted, ImageConfig image) throws PlanRefused {
        List<String> entrypoint = wanted.entrypoint();
        List<String> cmd = wanted.cmd();
        if (entrypoint == null || entrypoint.isEmpty()) {
            entrypoint = image.entrypoint();
            cmd = cmd == null || cmd.isEmpty() ? image.cmd() : cmd;
        } else if (entrypoint.equals(List.of(""))) {
            entrypoint = null;
        }
        Command command = new Command(entrypoint, cmd);
        if (command.args().isEmpty()) {
            throw new PlanRefused("no command specified");
        }
        return command;
    }

    /** Docker's Config.Env: the container's own, then what only the image has. */
    static List<String> configured(List<String> own, List<String> ofImage) throws PlanRefused {
        for (String entry : own) {
            if (entry.isEmpty() || entry.startsWith("=")) {
                throw new PlanRefused("invalid environment variable: " + entry);
            }
        }
        List<String> merged = new ArrayList<>(own);
        List<String> ownNames = own.stream().map(CommandRules::name).toList();
        for (String entry : ofImage) {
            if (!ownNames.contains(name(entry))) {
                merged.add(entry);
            }
        }
        return List.copyOf(merged);
    }

    /** What execve gets: PATH, HOSTNAME and TERM unless configured otherwise; a name without a value unsets it. */
    static List<String> effective(List<String> configured, String hostname, boolean terminal) {
        Map<String, String> env = new LinkedHashMap<>();
        env.put("PATH", DEFAULT_PATH);
        env.put("HOSTNAME", "HOSTNAME=" + hostname);
        if (terminal) {
            env.put("TERM", "TERM=xterm");
        }
        for (String entry : configured) {
            if (entry.indexOf('=') < 0) {
                env.remove(entry);
            } else {
                env.put(name(entry), entry);
            }
        }
        // as runc: HOME comes from passwd where nobody gave one, which the plan adds
        return List.copyOf(env.values());
    }

    /** Entries laid over others of the same names. */
    static List<String> overlaid(List<String> env, List<String> additions) {
        Map<String, String> all = new LinkedHashMap<>();
        env.forEach(entry -> all.put(name(entry), entry));
        additions.forEach(entry -> all.put(name(entry), entry));
        return List.copyOf(all.values());
    }

    static String name(String entry) {
        int equals = entry.indexOf('=');
        return equals < 0 ? entry : entry.substring(0, equals);
    }
}
