package io.flotilla.agent.container;

import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.Protocol;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.PortBinding;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** PortBindings and PublishAllPorts as ports to publish. */
final class PortRules {
    private static final int LAST = 65535;

    private PortRules() {}

    private record ContainerPort(Protocol protocol, int number) {}

    /** @param exposed as Config.ExposedPorts has them, 80/tcp */
    static List<PortMapping> mappings(HostConfig config, Collection<String> exposed) throws PlanRefused {
        List<PortMapping> mappings = new ArrayList<>();
        for (Map.Entry<String, List<PortBinding>> entry : config.portBindings().entrySet()) {
            ContainerPort port = containerPort(entry.getKey());
            List<PortBinding> bindings = entry.getValue() == null ? List.of() : entry.getValue();
            for (PortBinding binding : bindings) {
                mappings.add(mapping(port, binding));
            }
        }
        for (String each : exposed) {
            ContainerPort port = containerPort(each);
            boolean bound = mappings.stream()
                    .anyMatch(mapping ->
                            mapping.containerPort() == port.number() && mapping.protocol() == port.protocol());
            if (Boolean.TRUE.equals(config.publishAllPorts()) && !bound) {
                mappings.add(new PortMapping(port.protocol(), port.number(), "", 0));
            }
        }
        return List.copyOf(mappings);
    }

    private static PortMapping mapping(ContainerPort port, @Nullable PortBinding binding) throws PlanRefused {
        String range = binding == null || binding.hostPort() == null ? "" : binding.hostPort();
        String address = binding == null || binding.hostIp() == null ? "" : binding.hostIp();
        if (range.isEmpty() || range.equals("0")) {
            return new PortMapping(port.protocol(), port.number(), address, 0);
        }
        String[] ends = range.split("-", 2);
        int first = number(ends[0], range);
        int last = ends.length == 1 ? first : number(ends[1], range);
        if (last < first || first == 0) {
            throw new PlanRefused("invalid port specification: \"" + range + "\"");
        }
        return new PortMapping(port.protocol(), port.number(), address, first, last);
    }

    private static ContainerPort containerPort(String text) throws PlanRefused {
        String[] parts = text.split("/", 2);
        String protocol = parts.length == 1 ? "tcp" : parts[1].toLowerCase(Locale.ROOT);
        int number = number(parts[0], text);
        if (number == 0) {
            throw new PlanRefused("invalid port specification: \"" + text + "\"");
        }
        return switch (protocol) {
            case "tcp" -> new ContainerPort(Protocol.TCP, number);
            case "udp" -> new ContainerPort(Protocol.UDP, number);
            case "sctp" -> new ContainerPort(Protocol.SCTP, number);
            default -> throw new PlanRefused("invalid port specification: \"" + text + "\"");
        };
    }

    private static int number(String text, String whole) throws PlanRefused {
        int number = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : LAST + 1;
        if (number > LAST) {
            throw new PlanRefused("invalid port specification: \"" + whole + "\"");
        }
        return number;
    }

    /** Docker's name of a container port, 80/tcp. */
    static String key(PortMapping port) {
        return port.containerPort() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
    }
}
