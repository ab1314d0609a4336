package io.flotilla.manager.orchestrator;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** When a control loop has to look at something again though nothing changes; at most one moment for each key. */
public final class Deadlines<K extends Comparable<K>> {
    private final TreeMap<Instant, Set<K>> keysByTime = new TreeMap<>();
    private final Map<K, Instant> timeByKey = new HashMap<>();

    /** Replaces the key's earlier deadline. */
    public void set(K key, Instant at) {
        cancel(key);
        timeByKey.put(key, at);
        keysByTime.computeIfAbsent(at, time -> new TreeSet<>()).add(key);
    }

    public void cancel(K key) {
        Instant at = timeByKey.remove(key);
        if (at == null) {
            return;
        }
        Set<K> keys = keysByTime.get(at);
        if (keys != null && keys.remove(key) && keys.isEmpty()) {
            keysByTime.remove(at);
        }
    }

    /** Takes out the keys whose time has come, in its order. */
    public List<K> takeDue(Instant now) {
        List<K> due = new ArrayList<>();
        keysByTime.headMap(now, true).values().forEach(due::addAll);
        due.forEach(this::cancel);
        return due;
    }

    public Optional<Instant> next() {
        return keysByTime.isEmpty() ? Optional.empty() : Optional.of(keysByTime.firstKey());
    }
}
