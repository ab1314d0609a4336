package io.flotilla.agent.container;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.bus.schema.ContainerConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Dockerfile instructions docker commit and docker import take with {@code --change}, applied to a configuration as
 * dockerd's builder does. Pure; one instance a call.
 */
public final class ImageChanges {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> SHELL = List.of("/bin/sh", "-c");
    private static final Pattern PORT = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/([A-Za-z]+))?");
    private static final int LAST_PORT = 65_535;

    private ContainerConfig config;
    /** An ENTRYPOINT without a CMD before it takes the image's command away. */
    private boolean commandGiven;

    private ImageChanges(ContainerConfig config) {
        this.config = config;
    }

    /**
     * @param changes instructions, several lines each where a backslash ends one
     * @throws PlanRefused in dockerd's words; a 400
     */
    public static ContainerConfig apply(ContainerConfig config, List<String> changes) throws PlanRefused {
        ImageChanges applied = new ImageChanges(config);
        for (String instruction : instructions(changes)) {
            applied.apply(instruction);
        }
        return applied.config;
    }

    private static List<String> instructions(List<String> changes) throws PlanRefused {
        List<String> instructions = new ArrayList<>();
        StringBuilder unfinished = new StringBuilder();
        for (String line : String.join("\n", changes).split("\n", -1)) {
            String trimmed = line.strip();
            if (trimmed.isEmpty() || trimmed.startsWith("#")) {
                continue;
            }
            if (trimmed.endsWith("\\")) {
                unfinished.append(line, 0, line.lastIndexOf('\\'));
                continue;
            }
            instructions.add(unfinished.append(line).toString().strip());
            unfinished.setLength(0);
        }
        if (!unfinished.toString().isBlank()) {
            instructions.add(unfinished.toString().strip());
        }
        return instructions;
    }

    private void apply(String instruction) throws PlanRefused {
        String[] parts = instruction.split("\\s+", 2);
        String rest = parts.length > 1 ? parts[1].strip() : "";
        switch (parts[0].toUpperCase(Locale.ROOT)) {
            case "CMD" -> {
                commandGiven = true;
                config = config.withCmd(command(rest));
            }
            case "ENTRYPOINT" -> {
                List<String> command = command(rest);
                config = config.withEntrypoint(command.isEmpty() ? null : command);
                if (!commandGiven) {
                    config = config.withCmd(null);
                }
            }
            case "ENV" -> config = config.withEnv(environment(pairs("ENV", rest)));
            case "LABEL" -> {
                Map<String, String> labels = new LinkedHashMap<>(config.labels());
                labels.putAll(pairs("LABEL", rest));
                config = config.withLabels(labels);
            }
            case "EXPOSE" -> expose(rest);
            case "ONBUILD" -> onBuild(rest);
            case "USER" -> config = config.withUser(one("USER", rest));
            case "VOLUME" -> volumes(rest);
            case "WORKDIR" -> config = config.withWorkingDir(folder(one("WORKDIR", rest)));
            case "HEALTHCHECK" -> config = config.withHealthcheck(HealthInstruction.parse(rest));
            case "STOPSIGNAL" -> {
                String signal = one("STOPSIGNAL", rest);
                if (Signals.parse(signal).isEmpty()) {
                    throw new PlanRefused("invalid signal: " + signal);
                }
                config = config.withStopSignal(signal);
            }
            default -> throw new PlanRefused(parts[0].toLowerCase(Locale.ROOT) + " is not a valid change command");
        }
    }

    /** The exec form, a JSON array, as it is; the shell form as the shell's argument. */
    private List<String> command(String rest) {
        Optional<List<String>> exec = jsonArray(rest);
        if (exec.isPresent() || rest.isEmpty()) {
            return exec.orElse(List.of());
        }
        List<String> command = new ArrayList<>(config.shell().isEmpty() ? SHELL : config.shell());
        command.add(rest);
        return command;
    }

    /** Empty where the text is no JSON array of strings: Dockerfiles then mean the shell form. */
    static Optional<List<String>> jsonArray(String text) {
        if (!text.startsWith("[")) {
            return Optional.empty();
        }
        List<String> strings = new ArrayList<>();
        try {
            for (JsonNode element : JSON.readTree(text)) {
                if (!element.isTextual()) {
                    return Optional.empty();
                }
                strings.add(element.textValue());
            }
        } catch (JsonProcessingException shellForm) {
            return Optional.empty();
        }
        return Optional.of(strings);
    }

    private Map<String, String> pairs(String instruction, String rest) throws PlanRefused {
        List<String> words = InstructionWords.split(rest);
        Map<String, String> pairs = new LinkedHashMap<>();
        if (words.isEmpty()) {
            throw new PlanRefused(instruction + " requires at least one argument");
        }
        if (!words.getFirst().contains("=")) {
            String[] nameAndValue = rest.split("\\s+", 2);
            if (nameAndValue.length < 2) {
                throw new PlanRefused(instruction + " must have two arguments");
            }
            return Map.of(expand(nameAndValue[0]), expand(nameAndValue[1]));
        }
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                throw new PlanRefused(
                        "Syntax error - can't find = in \"" + word + "\". Must be of the form: name=value");
            }
            String name = expand(word.substring(0, equals));
            if (name.isEmpty()) {
                throw new PlanRefused(instruction + " names can not be blank");
            }
            pairs.put(name, expand(word.substring(equals + 1)));
        }
        return pairs;
    }

    private List<String> environment(Map<String, String> changed) {
        List<String> environment = new ArrayList<>(config.env());
        changed.forEach((name, value) -> {
            String variable = name + "=" + value;
            int known = -1;
            for (int i = 0; i < environment.size(); i++) {
                if (environment.get(i).equals(name) || environment.get(i).startsWith(name + "=")) {
                    known = i;
                }
            }
            if (known < 0) {
                environment.add(variable);
            } else {
                environment.set(known, variable);
            }
        });
        return environment;
    }

    private void expose(String rest) throws PlanRefused {
        List<String> words = InstructionWords.split(rest);
        if (words.isEmpty()) {
            throw new PlanRefused("EXPOSE requires at least one argument");
        }
        Map<String, Map<String, Object>> ports = new LinkedHashMap<>(config.exposedPorts());
        for (String word : words) {
            for (String port : expand(word).split("\\s+")) {
                for (String each : ports(port)) {
                    ports.put(each, Map.of());
                }
            }
        }
        config = config.withExposedPorts(ports);
    }

    private static List<String> ports(String specification) throws PlanRefused {
        Matcher parts = PORT.matcher(specification);
        if (!parts.matches()) {
            throw new PlanRefused("invalid containerPort: " + specification);
        }
        String protocol = parts.group(3) == null ? "tcp" : parts.group(3).toLowerCase(Locale.ROOT);
        if (!List.of("tcp", "udp", "sctp").contains(protocol)) {
            throw new PlanRefused("invalid proto: " + protocol);
        }
        int first = Integer.parseInt(parts.group(1));
        int last = parts.group(2) == null ? first : Integer.parseInt(parts.group(2));
        if (last > LAST_PORT || last < first) {
            throw new PlanRefused("invalid containerPort: " + specification);
        }
        List<String> ports = new ArrayList<>();
        for (int port = first; port <= last; port++) {
            ports.add(port + "/" + protocol);
        }
        return ports;
    }

    private void onBuild(String rest) throws PlanRefused {
        String trigger = rest.split("\\s+", 2)[0].toUpperCase(Locale.ROOT);
        switch (trigger) {
            case "" -> throw new PlanRefused("ONBUILD requires at least one argument");
            case "ONBUILD" -> throw new PlanRefused("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
            case "FROM", "MAINTAINER" -> throw new PlanRefused(trigger + " isn't allowed as an ONBUILD trigger");
            default -> {
                List<String> triggers = new ArrayList<>(config.onBuild());
                triggers.add(rest);
                config = config.withOnBuild(triggers);
            }
        }
    }

    private void volumes(String rest) throws PlanRefused {
        List<String> paths = jsonArray(rest).orElse(InstructionWords.split(rest));
        if (paths.isEmpty()) {
            throw new PlanRefused("VOLUME requires at least one argument");
        }
        Map<String, Map<String, Object>> volumes = new LinkedHashMap<>(config.volumes());
        for (String path : paths) {
            String volume = expand(path).strip();
            if (volume.isEmpty()) {
                throw new PlanRefused("VOLUME specified can not be an empty string");
            }
            volumes.put(volume, Map.of());
        }
        config = config.withVolumes(volumes);
    }

    private String one(String instruction, String rest) throws PlanRefused {
        if (rest.isEmpty()) {
            throw new PlanRefused(instruction + " requires exactly one argument");
        }
        return expand(rest);
    }

    private String folder(String wanted) throws PlanRefused {
        if (wanted.isEmpty() || wanted.indexOf('\0') >= 0) {
            throw new PlanRefused("cannot normalize nothing");
        }
        @Nullable String now = config.workingDir();
        return Path.of("/" + (now == null ? "" : now))
                .resolve(wanted)
                .normalize()
                .toString();
    }

    private String expand(String word) throws PlanRefused {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String variable : config.env()) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                environment.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        return InstructionWords.expand(word, environment);
    }
}
