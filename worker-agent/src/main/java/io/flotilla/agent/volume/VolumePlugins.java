package io.flotilla.agent.volume;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which of the plugins in their folders drive volumes: each is asked once, by the handshake of Docker's plugin protocol, as
 * long as it stays where it is. One that does not answer is none for a while. Safe for any thread.
 */
public final class VolumePlugins {
    private static final Duration LONGEST_HANDSHAKE = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(30);

    private final PluginFolders folders;
    private final InstantSource clock;
    private final ReentrantLock looking = new ReentrantLock();
    /** Guarded by the lock. */
    private Map<Found, Answer> answers = Map.of();

    private volatile List<String> known = List.of();

    private record Found(String name, URI address) {}

    /** @param askAgain when, of one that has not answered */
    private record Answer(boolean drives, Optional<Instant> askAgain) {}

    public VolumePlugins(PluginFolders folders, InstantSource clock) {
        this.folders = folders;
        this.clock = clock;
    }

    /** Sorted, as they were when last looked for. */
    public List<String> known() {
        return known;
    }

    /** Looks for them, which takes a second for each new one that does not answer. */
    public List<String> look() {
        looking.lock();
        try {
            Map<Found, Answer> now = new HashMap<>();
            List<String> names = new ArrayList<>();
            find().forEach((name, address) -> {
                Found found = new Found(name, address);
                Answer answer = answers.get(found);
                if (answer == null || answer.askAgain().filter(this::isOver).isPresent()) {
                    answer = ask(found);
                }
                now.put(found, answer);
                if (answer.drives()) {
                    names.add(name);
                }
            });
            answers = Map.copyOf(now);
            known = List.copyOf(names);
            return known;
        } finally {
            looking.unlock();
        }
    }

    private boolean isOver(Instant time) {
        return !clock.instant().isBefore(time);
    }

    private Map<String, URI> find() {
        Map<String, URI> found = new TreeMap<>();
        for (String name : folders.names()) {
            try {
                folders.find(name).ifPresent(address -> found.put(name, address));
            } catch (IOException unreadable) {
                // who names it as a driver is told
                found.remove(name);
            }
        }
        return found;
    }

    private Answer ask(Found plugin) {
        try {
            PluginCalls calls = new PluginCalls(plugin.name(), plugin.address(), LONGEST_HANDSHAKE);
            boolean drives = false;
            for (JsonNode capability : calls.call("Plugin.Activate", Map.of()).path("Implements")) {
                drives |= capability.asText().equals(PluginDriver.CAPABILITY);
            }
            return new Answer(drives, Optional.empty());
        } catch (IOException silent) {
            // who names it as a driver is told
            return new Answer(false, Optional.of(clock.instant().plus(RETRY)));
        }
    }
}
