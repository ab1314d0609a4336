package io.flotilla.app;

import io.flotilla.agent.image.registry.RegistryOptions;
import io.flotilla.bus.schema.GenericResource;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says, checked.
 *
 * @param socket null: the default of the data folder
 * @param nodeName null: the host's name
 * @param registryMirrors where Docker Hub's images are looked for first
 * @param insecureRegistries host[:port] or CIDR, besides loopback
 * @param genericResources what the node has for tasks to reserve
 * @param flags options without a value that only some commands know
 * @param operands words that belong to no option, which only some commands take
 */
public record Options(
        Path dataDir,
        @Nullable Path socket,
        List<InetSocketAddress> listen,
        Set<Role> roles,
        @Nullable String nodeName,
        List<URI> registryMirrors,
        List<String> insecureRegistries,
        List<GenericResource> genericResources,
        Set<String> flags,
        List<String> operands) {

    /** The default instance of a host, the one without --data-dir. */
    public static final Path DEFAULT_DATA_DIR = Path.of("/var/lib/flotilla");

    private static final Set<String> FLAGS =
            Set.of("--remove-containers", "--json", "--down", "--demo", "-f", "--follow");

    /** A command line that can't be followed; the message is for the user. */
    public static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }

    public Options {
        listen = List.copyOf(listen);
        registryMirrors = List.copyOf(registryMirrors);
        insecureRegistries = List.copyOf(insecureRegistries);
        genericResources = List.copyOf(genericResources);
        roles = Set.copyOf(roles);
        flags = Set.copyOf(flags);
        operands = List.copyOf(operands);
    }

    /** How nodes of this process reach image registries. */
    RegistryOptions registries() {
        return RegistryOptions.defaults().withMirrors(registryMirrors).withInsecure(insecureRegistries);
    }

    public boolean has(String flag) {
        return flags.contains(flag);
    }

    /** @throws Unusable naming the first word that is wrong */
    public static Options parse(List<String> arguments) throws Unusable {
        Path dataDir = DEFAULT_DATA_DIR;
        Path socket = null;
        List<InetSocketAddress> listen = new ArrayList<>();
        Set<Role> roles = EnumSet.allOf(Role.class);
        String nodeName = null;
        List<URI> mirrors = new ArrayList<>();
        List<String> insecure = new ArrayList<>();
        List<String> generic = new ArrayList<>();
        List<String> flags = new ArrayList<>();
        List<String> operands = new ArrayList<>();
        Deque<String> words = new ArrayDeque<>(split(arguments));
        while (!words.isEmpty()) {
            String word = words.removeFirst();
            switch (word) {
                case "--data-dir" -> dataDir = Path.of(value(word, words)).toAbsolutePath();
                case "--socket" -> socket = Path.of(value(word, words)).toAbsolutePath();
                case "--listen" -> listen.add(listenAddress(value(word, words)));
                case "--roles" -> roles = roles(value(word, words));
                case "--node-name" -> nodeName = value(word, words);
                case "--registry-mirror" -> mirrors.add(mirror(value(word, words)));
                case "--insecure-registry" -> insecure.add(value(word, words));
                case "--generic-resource", "--node-generic-resource" -> generic.add(value(word, words));
                default -> {
                    if (word.startsWith("-") && !FLAGS.contains(word)) {
                        throw new Unusable("unknown option " + word);
                    }
                    (word.startsWith("-") ? flags : operands).add(word);
                }
            }
        }
        return new Options(
                dataDir,
                socket,
                listen,
                roles,
                nodeName,
                mirrors,
                insecure,
                NodeGenericResources.parse(generic),
                Set.copyOf(flags),
                operands);
    }

    private static List<String> split(List<String> arguments) {
        List<String> words = new ArrayList<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (argument.startsWith("--") && equals > 0) {
                words.add(argument.substring(0, equals));
                words.add(argument.substring(equals + 1));
            } else {
                words.add(argument);
            }
        }
        return words;
    }

    private static String value(String option, Deque<String> rest) throws Unusable {
        if (rest.isEmpty()) {
            throw new Unusable(option + " needs a value");
        }
        return rest.removeFirst();
    }

    /** Only loopback: nothing of Flotilla listens beyond it without TLS. */
    private static InetSocketAddress listenAddress(String text) throws Unusable {
        if (!text.startsWith("tcp://")) {
            throw new Unusable("--listen " + text + ": must be tcp://ADDRESS:PORT");
        }
        URI uri = uri("--listen", text);
        if (uri.getHost() == null || uri.getPort() < 1) {
            throw new Unusable("--listen " + text + ": must be tcp://ADDRESS:PORT");
        }
        InetAddress address;
        try {
            address = InetAddress.getByName(uri.getHost());
        } catch (UnknownHostException e) {
            throw new Unusable("--listen " + text + ": unknown host " + uri.getHost());
        }
        if (!address.isLoopbackAddress()) {
            throw new Unusable("--listen " + text + ": only loopback addresses are served without TLS");
        }
        return new InetSocketAddress(address, uri.getPort());
    }

    private static Set<Role> roles(String text) throws Unusable {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String name : text.split(",", -1)) {
            try {
                roles.add(Role.valueOf(name.trim().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new Unusable("--roles " + text + ": '" + name + "' is none of manager, worker, gateway");
            }
        }
        return roles;
    }

    private static URI mirror(String text) throws Unusable {
        URI uri = uri("--registry-mirror", text);
        if (uri.getHost() == null || !Set.of("http", "https").contains(String.valueOf(uri.getScheme()))) {
            throw new Unusable("--registry-mirror " + text + ": must be an http or https URL");
        }
        return uri;
    }

    private static URI uri(String option, String text) throws Unusable {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new Unusable(option + " " + text + ": " + e.getMessage());
        }
    }
}
