package io.flotilla.agent.csi.plugin;

import io.flotilla.bus.schema.NodeCSIInfo;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The CSI plugins of this node: each has a folder of its own in one folder, and in it its socket {@code csi.sock}. Who
 * answers there is asked for its name and its abilities, again now and then, and at once when its socket is another or
 * its connection breaks. A plugin that does not answer is none until it does. Safe for any thread.
 */
public final class CsiPlugins implements AutoCloseable {
    /** In the plugin's own folder. */
    public static final String SOCKET = "csi.sock";

    private static final Duration ASK_AGAIN = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Path folder;
    private final InstantSource clock;
    private final UnixSockets sockets = new UnixSockets();
    private final ReentrantLock looking = new ReentrantLock();
    /** Guarded by the lock. */
    private Map<Path, Seen> seen = Map.of();
    /** Sockets where nobody may be any more. */
    private final Set<Path> away = ConcurrentHashMap.newKeySet();

    private volatile Known known = new Known(List.of(), Map.of(), Map.of(), Map.of());

    /** One socket file, which a plugin that starts anew makes anew. */
    private record Socket(Object file, Instant changed) {}

    /** @param plugin null: it does not answer @param failure why it does not */
    private record Seen(Socket socket, @Nullable FoundPlugin plugin, String failure, Instant askAgain) {}

    /** @param failures why there is no plugin at a socket */
    private record Known(
            List<NodeCSIInfo> infos,
            Map<String, NodePlugin> nodes,
            Map<String, ControllerPlugin> controllers,
            Map<Path, String> failures) {}

    /** @param folder of the plugins' folders; looked at whether or not it is there */
    public CsiPlugins(Path folder, InstantSource clock) {
        this.folder = folder.toAbsolutePath();
        this.clock = clock;
    }

    /** By name, as they were when last looked for. */
    public List<NodeCSIInfo> known() {
        return known.infos();
    }

    /** @throws PluginFailure when no plugin of the name, with a Node service, answers on this node */
    public NodePlugin node(String driver) throws PluginFailure {
        NodePlugin plugin = known.nodes().get(driver);
        if (plugin == null) {
            throw missing(driver, "");
        }
        return plugin;
    }

    /** @throws PluginFailure when no plugin of the name, with a Controller service, answers on this node */
    public ControllerPlugin controller(String driver) throws PluginFailure {
        ControllerPlugin plugin = known.controllers().get(driver);
        if (plugin == null) {
            throw missing(driver, "controller of the ");
        }
        return plugin;
    }

    private PluginFailure missing(String driver, String part) {
        StringBuilder words = new StringBuilder("no " + part + "CSI plugin " + driver + " answers on this node");
        known.failures().forEach((socket, failure) -> words.append("; ").append(failure));
        return new PluginFailure(words.toString());
    }

    /**
     * Looks for them, which takes seconds for each one that has to be asked and does not answer.
     *
     * @return whether something is other than it was
     */
    public boolean look() {
        looking.lock();
        try {
            Map<Path, Seen> now = new TreeMap<>();
            find().forEach((path, socket) -> {
                Seen before = seen.get(path);
                boolean called = away.remove(path);
                boolean still = before != null
                        && before.socket().equals(socket)
                        && !called
                        && clock.instant().isBefore(before.askAgain());
                now.put(path, before != null && still ? before : asked(path, socket, before));
            });
            seen.forEach((path, before) -> {
                Seen after = now.get(path);
                FoundPlugin gone = before.plugin();
                FoundPlugin present = after == null ? null : after.plugin();
                if (gone != null && (present == null || present.channel() != gone.channel())) {
                    gone.channel().retire();
                }
            });
            seen = Map.copyOf(now);
            Known next = known(now);
            boolean changed = !next.infos().equals(known.infos())
                    || !next.failures().equals(known.failures())
                    || !next.nodes().equals(known.nodes())
                    || !next.controllers().equals(known.controllers());
            known = next;
            return changed;
        } finally {
            looking.unlock();
        }
    }

    private Map<Path, Socket> find() {
        Map<Path, Socket> found = new HashMap<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder)) {
            for (Path each : folders) {
                Path path = each.resolve(SOCKET);
                try {
                    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
                    if (attributes.isOther()) {
                        found.put(
                                path,
                                new Socket(
                                        Objects.requireNonNullElse(attributes.fileKey(), path),
                                        attributes.lastModifiedTime().toInstant()));
                    }
                } catch (IOException noSocket) {
                    // not there, not yet, or not any more: who names the plugin is told
                    found.remove(path);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException none) {
            return Map.of();
        } catch (IOException | DirectoryIteratorException unreadable) {
            return Map.of();
        }
        return found;
    }

    /** One that goes on as it was keeps its channel: calls are under way on it. */
    private Seen asked(Path path, Socket socket, @Nullable Seen before) {
        FoundPlugin present = before != null && before.socket().equals(socket) ? before.plugin() : null;
        PluginChannel opened = null;
        try {
            PluginChannel channel = present == null ? opened = open(path) : present.channel();
            FoundPlugin plugin = FoundPlugin.describe(channel);
            channel.tellWhenAway();
            boolean same = present != null && info(List.of(plugin)).equals(info(List.of(present)));
            return new Seen(socket, same ? present : plugin, "", clock.instant().plus(ASK_AGAIN));
        } catch (PluginFailure failure) {
            if (opened != null) {
                opened.end();
            }
            return new Seen(socket, null, failure.getMessage(), clock.instant().plus(RETRY));
        }
    }

    private PluginChannel open(Path path) throws PluginFailure {
        return new PluginChannel(sockets.channel(path), path.toString(), () -> away.add(path));
    }

    /** Of two that are alike the one whose folder comes first counts. */
    private static Known known(Map<Path, Seen> seen) {
        Map<String, List<FoundPlugin>> named = new TreeMap<>();
        Map<Path, String> failures = new TreeMap<>();
        seen.forEach((path, each) -> {
            FoundPlugin plugin = each.plugin();
            if (plugin == null) {
                failures.put(path, each.failure());
            } else {
                named.computeIfAbsent(plugin.name(), name -> new ArrayList<>()).add(plugin);
            }
        });
        Map<String, NodePlugin> nodes = new HashMap<>();
        Map<String, ControllerPlugin> controllers = new HashMap<>();
        named.forEach((name, plugins) -> {
            for (FoundPlugin plugin : plugins) {
                if (plugin.node() != null) {
                    nodes.putIfAbsent(name, plugin.node().plugin());
                }
                if (plugin.controller() != null) {
                    controllers.putIfAbsent(name, plugin.controller());
                }
            }
        });
        return new Known(
                named.values().stream().map(CsiPlugins::info).toList(),
                Map.copyOf(nodes),
                Map.copyOf(controllers),
                failures);
    }

    /** @param alike plugins of one name */
    private static NodeCSIInfo info(List<FoundPlugin> alike) {
        FoundPlugin.NodeSide node = alike.stream()
                .map(FoundPlugin::node)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        return new NodeCSIInfo(
                alike.getFirst().name(),
                node == null ? null : node.id(),
                node == null || node.maxVolumes() <= 0 ? null : node.maxVolumes(),
                node == null ? null : node.topology(),
                alike.stream().anyMatch(plugin -> plugin.controller() != null));
    }

    /** Ends calls under way. */
    @Override
    public void close() {
        looking.lock();
        try {
            seen.values().forEach(each -> {
                if (each.plugin() != null) {
                    each.plugin().channel().end();
                }
            });
            seen = Map.of();
            known = new Known(List.of(), Map.of(), Map.of(), Map.of());
            sockets.close();
        } finally {
            looking.unlock();
        }
    }
}
