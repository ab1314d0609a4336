package io.flotilla.manager.simulation;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** How often what happened that a run is there for: a world in which it never does proves nothing. Any thread. */
final class Tally {
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

    void saw(String what) {
        counts.computeIfAbsent(what, each -> new LongAdder()).increment();
    }

    long count(String what) {
        LongAdder count = counts.get(what);
        return count == null ? 0 : count.sum();
    }

    /** As "3 moves, 12 preemptions". */
    String words() {
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }
}
