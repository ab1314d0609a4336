package io.flotilla.agent.container;

import io.flotilla.agent.network.Attachment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Legacy links of the default bridge: names for another container's address, and its ports and environment. */
public final class LinkRules {
    private static final Set<String> NOT_PASSED_ON = Set.of("HOME", "PATH");

    private LinkRules() {}

    /** What links give a container. @param hosts as HostConfig.ExtraHosts has them @param env for its process */
    public record Linked(List<String> hosts, List<String> env) {}

    private record Port(int number, String protocol) {}

    /**
     * A container that has been removed links nothing any more, as in Docker.
     *
     * @throws PlanRefused when one of the linked containers does not run, in dockerd's words
     */
    public static Linked of(ContainerRecord container, Neighbours neighbours) throws PlanRefused {
        List<String> hosts = new ArrayList<>();
        List<String> env = new ArrayList<>();
        for (String link : container.hostConfig().links()) {
            String alias = alias(link);
            ContainerRecord child = neighbours.find(linked(link)).orElse(null);
            if (child == null) {
                continue;
            }
            Attachment attachment = child.attachment();
            if (!child.running() || attachment == null || attachment.address() == null) {
                throw new PlanRefused("Cannot link to a non running container: /" + child.name() + " AS /"
                        + container.name() + "/" + alias);
            }
            String address = attachment.address().getHostAddress();
            names(alias, child).forEach(name -> hosts.add(name + ":" + address));
            env.addAll(env(container.name(), alias, address, child));
        }
        return new Linked(List.copyOf(hosts), List.copyOf(env));
    }

    /**
     * A hosts file without the lines that links had added to it; the rest of it is the container's.
     *
     * @param removed links as HostConfig.Links has them
     */
    public static String without(String hosts, List<String> removed, Neighbours neighbours) {
        List<String> lines = new ArrayList<>(hosts.lines().toList());
        for (String link : removed) {
            ContainerRecord child = neighbours.find(linked(link)).orElse(null);
            List<String> names = child == null ? List.of(alias(link)) : names(alias(link), child);
            for (String name : names) {
                // one line each: another link to the same container has lines like these
                lines.stream()
                        .filter(line -> line.endsWith("\t" + name))
                        .findFirst()
                        .ifPresent(lines::remove);
            }
        }
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private static String linked(String link) {
        String name = link.split(":", 2)[0];
        return name.startsWith("/") ? name.substring(1) : name;
    }

    private static String alias(String link) {
        String[] parts = link.split(":", 2);
        return parts.length == 2 ? parts[1].substring(parts[1].lastIndexOf('/') + 1) : linked(link);
    }

    private static List<String> names(String alias, ContainerRecord child) {
        return Stream.of(alias, child.id().substring(0, 12), child.name())
                .distinct()
                .toList();
    }

    private static List<String> env(String parent, String alias, String address, ContainerRecord child) {
        String prefix = alias.toUpperCase(Locale.ROOT).replace('-', '_');
        List<String> env = new ArrayList<>();
        List<Port> ports = child.config().exposedPorts().keySet().stream()
                .map(LinkRules::port)
                .sorted(Comparator.comparing((Port port) -> !port.protocol().equals("tcp"))
                        .thenComparingInt(Port::number))
                .toList();
        for (Port port : ports) {
            String url = port.protocol() + "://" + address + ":" + port.number();
            if (port.equals(ports.getFirst())) {
                env.add(prefix + "_PORT=" + url);
            }
            String name =
                    prefix + "_PORT_" + port.number() + "_" + port.protocol().toUpperCase(Locale.ROOT);
            env.add(name + "=" + url);
            env.add(name + "_ADDR=" + address);
            env.add(name + "_PORT=" + port.number());
            env.add(name + "_PROTO=" + port.protocol());
        }
        env.add(prefix + "_NAME=/" + parent + "/" + alias);
        for (String entry : child.config().env()) {
            if (entry.indexOf('=') > 0 && !NOT_PASSED_ON.contains(CommandRules.name(entry))) {
                env.add(prefix + "_ENV_" + entry);
            }
        }
        return env;
    }

    private static Port port(String exposed) {
        String[] parts = exposed.split("/", 2);
        return new Port(Integer.parseInt(parts[0]), parts.length == 2 ? parts[1] : "tcp");
    }

    /** The process's environment with what links add, in place of what earlier starts had added. */
    public static List<String> environment(List<String> env, Linked linked) {
        return CommandRules.overlaid(Objects.requireNonNull(env), linked.env());
    }
}
