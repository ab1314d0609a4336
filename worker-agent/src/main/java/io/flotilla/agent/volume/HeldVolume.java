package io.flotilla.agent.volume;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** One volume, and who has to do with it. Its monitor guards all of it and is held through the driver's work on it. */
final class HeldVolume {
    final VolumeRecord record;
    /** Where each container mounts it. */
    private final Map<String, Set<String>> targets = new HashMap<>();
    /** Containers it is mounted for. */
    private final Set<String> mounted = new HashSet<>();

    private boolean gone;

    HeldVolume(VolumeRecord record) {
        this.record = record;
    }

    String name() {
        return record.name();
    }

    boolean isGone() {
        return gone;
    }

    void go() {
        gone = true;
    }

    void hold(String containerId, String target) {
        targets.computeIfAbsent(containerId, id -> new TreeSet<>()).add(target);
    }

    void release(String containerId) {
        targets.remove(containerId);
    }

    /** IDs, sorted. */
    Set<String> holders() {
        return new TreeSet<>(targets.keySet());
    }

    Set<String> targetsOf(String containerId) {
        return targets.getOrDefault(containerId, Set.of());
    }

    Set<String> mounted() {
        return mounted;
    }
}
