package io.flotilla.agent.network;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The contents of /etc/resolv.conf, /etc/hosts and /etc/hostname of a container on the default bridge, as Docker makes them. */
public final class ContainerFiles {
    /** Where systemd-resolved keeps the servers it asks itself, for hosts whose resolv.conf names only its own stub. */
    public static final String RESOLVED_UPLINK = "/run/systemd/resolve/resolv.conf";

    /** What Docker falls back to; the bridge has no IPv6 for the others of that provider. */
    private static final List<String> PUBLIC_SERVERS = List.of("8.8.8.8", "8.8.4.4");

    private static final String LOCAL_HOSTS = """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::0\tip6-localnet
            ff00::0\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            """;

    private ContainerFiles() {}

    /**
     * What a container asks for in place of the host's; an empty list takes the host's.
     *
     * @param search a single {@code .} asks for none
     */
    public record Dns(List<String> servers, List<String> search, List<String> options) {
        public static final Dns OF_HOST = new Dns(List.of(), List.of(), List.of());
    }

    /**
     * Servers on the host's loopback are left out, for the container has a loopback of its own, and IPv6 ones, for the
     * bridge has none; if that leaves none, the uplink's are taken, and at last public ones.
     *
     * @param host the host's /etc/resolv.conf
     * @param uplink the content of {@link #RESOLVED_UPLINK}, empty where the host has no such file
     */
    public static String resolvConf(String host, String uplink, Dns wanted) {
        List<String> servers = Stream.of(wanted.servers(), reachable(host), reachable(uplink), PUBLIC_SERVERS)
                .filter(list -> !list.isEmpty())
                .findFirst()
                .orElseThrow();
        List<String> search = wanted.search().isEmpty() ? last(host, "search") : wanted.search();
        List<String> options = wanted.options().isEmpty() ? last(host, "options") : wanted.options();
        StringBuilder file = new StringBuilder();
        servers.forEach(server -> file.append("nameserver ").append(server).append('\n'));
        if (!search.isEmpty() && !search.equals(List.of("."))) {
            file.append("search ").append(String.join(" ", search)).append('\n');
        }
        if (!options.isEmpty()) {
            file.append("options ").append(String.join(" ", options)).append('\n');
        }
        return file.toString();
    }

    /**
     * @param domain empty for none
     * @param address null without a network
     * @param gateway what {@code host-gateway} stands for, null without a network
     * @param extraHosts as HostConfig.ExtraHosts has them, {@code name:address} or {@code name=address}
     * @throws IllegalArgumentException for an extra host that is not of that form
     */
    public static String hosts(
            String hostname,
            String domain,
            @Nullable InetAddress address,
            @Nullable InetAddress gateway,
            List<String> extraHosts) {
        StringBuilder file = new StringBuilder(LOCAL_HOSTS);
        for (String extra : extraHosts) {
            file.append(extraHost(extra, gateway)).append('\n');
        }
        if (address != null) {
            String names = domain.isEmpty() ? hostname : hostname + "." + domain + " " + hostname;
            file.append(address.getHostAddress()).append('\t').append(names).append('\n');
        }
        return file.toString();
    }

    public static String hostname(String hostname) {
        return hostname + "\n";
    }

    private static String extraHost(String extra, @Nullable InetAddress gateway) {
        String[] parts = extra.split("[:=]", 2);
        if (parts.length < 2 || parts[0].isBlank()) {
            throw new IllegalArgumentException("bad format for add-host: \"" + extra + "\"");
        }
        if (parts[1].equals("host-gateway")) {
            if (gateway == null) {
                throw new IllegalArgumentException(
                        "unable to derive the IP value for host-gateway: the container has no network");
            }
            return gateway.getHostAddress() + "\t" + parts[0];
        }
        String address = parts[1].replaceAll("^\\[(.*)]$", "$1");
        if (literal(address).isEmpty()) {
            throw new IllegalArgumentException("invalid IP address in add-host: \"" + parts[1] + "\"");
        }
        return address + "\t" + parts[0];
    }

    private static List<String> reachable(String resolvConf) {
        List<String> servers = new ArrayList<>();
        for (List<String> words : lines(resolvConf)) {
            if (words.getFirst().equals("nameserver") && words.size() > 1) {
                literal(words.get(1))
                        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                        .ifPresent(address -> servers.add(address.getHostAddress()));
            }
        }
        return servers;
    }

    /** The words of the keyword's last line, which is the one that counts (resolv.conf(5)). */
    private static List<String> last(String resolvConf, String keyword) {
        List<String> found = List.of();
        for (List<String> words : lines(resolvConf)) {
            if (words.getFirst().equals(keyword)) {
                found = words.subList(1, words.size());
            }
        }
        return found;
    }

    private static List<List<String>> lines(String resolvConf) {
        return resolvConf
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#") && !line.startsWith(";"))
                .map(line -> Arrays.asList(line.split("\\s+")))
                .toList();
    }

    private static Optional<InetAddress> literal(String address) {
        try {
            return Optional.of(InetAddress.ofLiteral(address));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
