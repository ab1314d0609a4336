package io.flotilla.manager.simulation;

import io.flotilla.bus.memory.MemoryBus;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.raft.MemoryGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Virtual time and what happens in it: an agenda of events, each run alone. Everything random comes from the one source, in
 * the order of the events, so the same seed gives the same history.
 */
final class World {
    /** Clocks in Berlin go forward, and a minute begins, while everything goes wrong. */
    static final Instant BEGIN = Instant.parse("2026-03-29T00:59:38Z");

    private static final int TRACE_LINES = 400;
    private static final int SNAPSHOT_ENTRIES = 40;

    private record Line(Instant at, String who, String what) {
        String words() {
            return "%10.3f %-4s %s".formatted(Duration.between(BEGIN, at).toNanos() / 1e9, who, what);
        }
    }

    private record Event(Instant at, long number, Runnable what) {}

    final Random random;
    final MemoryBus bus = new MemoryBus(this::now);
    final MemoryGroup group = new MemoryGroup(SNAPSHOT_ENTRIES);
    final Invariants invariants;
    final SimulatedStorage storage;
    private final PriorityQueue<Event> agenda =
            new PriorityQueue<>(Comparator.comparing(Event::at).thenComparing(Event::number));
    private final Map<String, SimulatedManager> managers = new LinkedHashMap<>();
    private final Map<String, SimulatedAgent> agents = new LinkedHashMap<>();
    private final List<SimulatedBus> buses = new ArrayList<>();
    private final Deque<Line> trace = new ArrayDeque<>();
    private Instant now = BEGIN;
    private long events;

    World(long seed, int managerCount, int agentCount, Mutation mutation, Tally tally) {
        invariants = new Invariants(tally);
        storage = new SimulatedStorage(invariants);
        random = new Random(seed);
        for (int i = 1; i <= managerCount; i++) {
            String id = "m" + i;
            managers.put(id, new SimulatedManager(this, id, mutation));
        }
        for (int i = 1; i <= agentCount; i++) {
            String id = "n" + i;
            agents.put(id, new SimulatedAgent(this, id, mutation));
        }
    }

    Instant now() {
        return now;
    }

    Collection<SimulatedManager> managers() {
        return managers.values();
    }

    List<SimulatedAgent> agents() {
        return List.copyOf(agents.values());
    }

    /** How many tasks of a service run anywhere. */
    long running(String serviceId) {
        return agents.values().stream()
                .mapToLong(agent -> agent.running(serviceId))
                .sum();
    }

    SimulatedManager manager(int pick) {
        return List.copyOf(managers.values()).get(Math.floorMod(pick, managers.size()));
    }

    SimulatedAgent agent(int pick) {
        return List.copyOf(agents.values()).get(Math.floorMod(pick, agents.size()));
    }

    /** Something for the reader of a failing seed. The oldest lines go. */
    void tell(String who, String what) {
        if (trace.size() == TRACE_LINES) {
            trace.removeFirst();
        }
        trace.addLast(new Line(now, who, what));
    }

    List<String> trace() {
        return trace.stream().map(Line::words).toList();
    }

    void at(Instant when, Runnable what) {
        agenda.add(new Event(when.isBefore(now) ? now : when, events++, what));
    }

    void after(Duration delay, Runnable what) {
        at(now.plus(delay), what);
    }

    /** Some time up to a limit. */
    Duration within(Duration limit) {
        return Duration.ofNanos((long) (random.nextDouble() * limit.toNanos()));
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** Runs what is due until then. */
    void run(Instant until) {
        for (Event next = agenda.peek(); next != null && !next.at().isAfter(until); next = agenda.peek()) {
            agenda.poll();
            now = next.at();
            next.what().run();
        }
        now = until;
    }

    SimulatedBus busOf(String participant) {
        SimulatedBus own = new SimulatedBus(this, participant);
        buses.add(own);
        return own;
    }

    /** A record is on the bus: whoever follows its partition gets it some time. */
    void published(OutRecord record) {
        published(record.topic(), record.partition());
    }

    private void published(Topic topic, int partition) {
        buses.forEach(each -> each.news(topic, partition));
    }

    /** Whoever has something to do does the next thing of it, soon. */
    void wakeManagers() {
        managers.values().forEach(SimulatedManager::wake);
    }
}
