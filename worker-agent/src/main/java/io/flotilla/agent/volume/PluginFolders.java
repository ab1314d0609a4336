package io.flotilla.agent.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Where plugins make themselves known: a socket NAME.sock, or a file NAME.spec or NAME.json with an address, each also in a
 * folder NAME. As docs.docker.com/engine/extend/plugin_api says; looked at afresh whenever one is wanted, since a plugin may
 * come and go.
 *
 * @param sockets folders of sockets
 * @param files folders of address files
 */
public record PluginFolders(List<Path> sockets, List<Path> files) {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");
    private static final int MOST_FILE_BYTES = 64 * 1024;

    public static PluginFolders docker() {
        return new PluginFolders(
                List.of(Path.of("/run/docker/plugins")),
                List.of(Path.of("/etc/docker/plugins"), Path.of("/usr/lib/docker/plugins")));
    }

    /** The address of the plugin: unix or tcp. */
    Optional<URI> find(String name) throws IOException {
        if (!NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        for (Path folder : sockets) {
            for (Path place : places(folder, name, ".sock")) {
                if (Files.exists(place)) {
                    return Optional.of(URI.create("unix://" + place));
                }
            }
        }
        for (Path folder : files) {
            for (Path place : places(folder, name, ".spec")) {
                if (Files.isRegularFile(place)) {
                    return Optional.of(address(place, text(place).strip()));
                }
            }
            for (Path place : places(folder, name, ".json")) {
                if (Files.isRegularFile(place)) {
                    return Optional.of(described(place));
                }
            }
        }
        return Optional.empty();
    }

    /** Names of the plugins that are there. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>();
        sockets.forEach(folder -> names(folder, List.of(".sock"), names));
        files.forEach(folder -> names(folder, List.of(".spec", ".json"), names));
        return names;
    }

    private static void names(Path folder, List<String> endings, Set<String> into) {
        String[] entries = folder.toFile().list();
        // null: there is no such folder
        for (String entry : entries == null ? new String[0] : entries) {
            for (String ending : endings) {
                boolean within = Files.exists(folder.resolve(entry).resolve(entry + ending));
                String name = entry.endsWith(ending) ? entry.substring(0, entry.length() - ending.length()) : entry;
                if ((within || !name.equals(entry)) && NAME.matcher(name).matches()) {
                    into.add(name);
                }
            }
        }
    }

    private static List<Path> places(Path folder, String name, String ending) {
        return List.of(folder.resolve(name + ending), folder.resolve(name).resolve(name + ending));
    }

    private static URI described(Path file) throws IOException {
        JsonNode description = Codec.JSON.mapper().readTree(text(file));
        JsonNode tls = description.path("TLSConfig");
        if (tls.isObject() && !tls.isEmpty()) {
            throw new IOException(file + ": TLS to a plugin is not supported by this version of Flotilla");
        }
        return address(file, description.path("Addr").asText(""));
    }

    private static URI address(Path file, String text) throws IOException {
        try {
            URI address = URI.create(text);
            boolean unix = "unix".equals(address.getScheme()) && address.getPath() != null;
            boolean tcp = ("tcp".equals(address.getScheme()) || "http".equals(address.getScheme()))
                    && address.getHost() != null
                    && address.getPort() > 0;
            if (unix || tcp) {
                return address;
            }
        } catch (IllegalArgumentException notOne) {
            // told as any other that is not understood
        }
        throw new IOException(file + ": \"" + text + "\" is no address of a plugin: unix:///path or tcp://host:port");
    }

    private static String text(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MOST_FILE_BYTES), StandardCharsets.UTF_8);
        }
    }
}
