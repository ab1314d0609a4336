package io.flotilla.agent.image.transfer;

import io.flotilla.agent.image.content.Digest;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * In which repositories of a registry a blob was seen, so that a push to another one there need not send it again. Forgotten
 * with the process, and the least recently used first: it only saves time.
 */
final class BlobSources {
    private static final int MAX_BLOBS = 10_000;
    private static final int MAX_REPOSITORIES = 8;

    private final Map<String, Set<String>> paths = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Set<String>> eldest) {
            return size() > MAX_BLOBS;
        }
    };

    synchronized void seen(Digest blob, String registry, String path) {
        Set<String> known = paths.computeIfAbsent(registry + " " + blob, key -> new LinkedHashSet<>());
        if (known.size() < MAX_REPOSITORIES) {
            known.add(path);
        }
    }

    synchronized List<String> of(Digest blob, String registry) {
        return List.copyOf(paths.getOrDefault(registry + " " + blob, Set.of()));
    }
}
