package io.flotilla.agent.reconcile;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * What this node has to say and has not said yet. Reports are levels: of several about one thing only the last is kept, so
 * the box is as large as the node has tasks. Events are kept in order up to a limit, beyond which the oldest are dropped.
 * One thread publishes; one batch is under way, and the next is what gathered meanwhile. After any failure everything
 * is said again.
 */
public final class Outbox implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Outbox.class);
    private static final int MOST_EVENTS = 10_000;
    private static final int MOST_AT_ONCE = 512;
    private static final Duration FIRST_RETRY = Duration.ofMillis(100);
    private static final Duration LAST_RETRY = Duration.ofSeconds(5);

    private final String nodeId;
    private final Bus bus;
    private final Runnable resync;
    private final Thread sender;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final Map<String, Report> reports = new LinkedHashMap<>();
    private final Deque<EventMessage> events = new ArrayDeque<>();
    private boolean interrupted;
    private long droppedEvents;
    private boolean closed;
    /** When the last batch was begun that the bus took; 0: none. Written by the sender, read by any thread. */
    private volatile long takenNanos;

    /** @param resync puts everything the node knows into this box; called after the bus has been away */
    Outbox(String nodeId, Bus bus, Runnable resync) {
        this.nodeId = nodeId;
        this.bus = bus;
        this.resync = resync;
        this.sender = Thread.ofVirtual().name("agent-outbox").unstarted(this::send);
    }

    void start() {
        sender.start();
    }

    /** @param about what the report is a level of, such as task/ID: a later one of the same takes its place */
    public void report(String about, Report report) {
        lock.lock();
        try {
            // at the end: of two things that happened the later one is said later
            reports.remove(about);
            reports.put(about, report);
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    public void event(EventMessage event) {
        lock.lock();
        try {
            if (events.size() == MOST_EVENTS) {
                events.removeFirst();
                droppedEvents++;
            }
            events.addLast(event);
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the bus has taken what the node said a short while ago, its heartbeats at least. */
    boolean isHeard(Duration lately) {
        long taken = takenNanos;
        return taken != 0 && System.nanoTime() - taken <= lately.toNanos();
    }

    /** The bus was away: say everything again once it answers. */
    void interrupted() {
        lock.lock();
        try {
            interrupted = true;
        } finally {
            lock.unlock();
        }
    }

    private record Batch(Map<String, Report> reports, List<EventMessage> events) {}

    private void send() {
        Duration retry = FIRST_RETRY;
        try {
            while (true) {
                Batch batch = take();
                long begunNanos = System.nanoTime();
                if (publish(batch)) {
                    retry = FIRST_RETRY;
                    takenNanos = begunNanos;
                    afterSuccess();
                } else {
                    putBack(batch);
                    pause(retry);
                    retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
                }
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    private Batch take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (reports.isEmpty() && events.isEmpty()) {
                filled.await();
            }
            Map<String, Report> taken = new LinkedHashMap<>();
            for (var entries = reports.entrySet().iterator(); entries.hasNext() && taken.size() < MOST_AT_ONCE; ) {
                var entry = entries.next();
                taken.put(entry.getKey(), entry.getValue());
                entries.remove();
            }
            List<EventMessage> takenEvents = new ArrayList<>();
            while (!events.isEmpty() && takenEvents.size() < MOST_AT_ONCE) {
                takenEvents.add(events.removeFirst());
            }
            return new Batch(taken, takenEvents);
        } finally {
            lock.unlock();
        }
    }

    private boolean publish(Batch batch) {
        List<CompletableFuture<Long>> underWay = new ArrayList<>();
        batch.reports().values().forEach(report -> publish(record(report), underWay));
        batch.events().forEach(event -> publish(record(event), underWay));
        try {
            CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new)).join();
            return true;
        } catch (CompletionException failed) {
            lock.lock();
            try {
                if (!interrupted) {
                    LOG.warnf("reports wait, the bus does not take them: %s", failed.getCause());
                }
                interrupted = true;
            } finally {
                lock.unlock();
            }
            return false;
        }
    }

    /** What no bus takes is left out, or it would keep all else from being said for ever. */
    private void publish(OutRecord record, List<CompletableFuture<Long>> underWay) {
        try {
            record.checkSize();
            underWay.add(bus.publish(record));
        } catch (BusException tooLarge) {
            LOG.errorf("the cluster does not learn what can not be said: %s", tooLarge.getMessage());
        }
    }

    private OutRecord record(Report report) {
        return new OutRecord(
                Topic.REPORTS, Topic.REPORTS.partitionOf(nodeId), nodeId, Codec.JSON.encode(report), 0, false);
    }

    private static OutRecord record(EventMessage event) {
        EventActor actor = event.actor();
        String actorId = actor == null || actor.id() == null ? "" : actor.id();
        return new OutRecord(
                Topic.EVENTS, Topic.EVENTS.partitionOf(actorId), actorId, Codec.JSON.encode(event), 0, false);
    }

    private void putBack(Batch batch) {
        lock.lock();
        try {
            Map<String, Report> newer = new LinkedHashMap<>(reports);
            reports.clear();
            reports.putAll(batch.reports());
            newer.forEach((about, report) -> {
                reports.remove(about);
                reports.put(about, report);
            });
            for (EventMessage event : batch.events().reversed()) {
                if (events.size() < MOST_EVENTS) {
                    events.addFirst(event);
                } else {
                    droppedEvents++;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void afterSuccess() {
        boolean again;
        long dropped;
        lock.lock();
        try {
            again = interrupted;
            dropped = droppedEvents;
            interrupted = false;
            droppedEvents = 0;
        } finally {
            lock.unlock();
        }
        if (dropped > 0) {
            LOG.warnf("%d events were dropped while the bus was away", dropped);
        }
        if (again) {
            LOG.info("the bus answers again, reporting everything");
            resync.run();
        }
    }

    /** Between two tries of a bus that does not answer; closing ends it. */
    private void pause(Duration time) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long nanos = time.toNanos();
            Condition never = lock.newCondition();
            while (nanos > 0 && !closed) {
                nanos = never.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        sender.interrupt();
        try {
            if (sender.isAlive() && !sender.join(Duration.ofSeconds(TimeUnit.SECONDS.toSeconds(5)))) {
                LOG.warn("the outbox did not stop within 5 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
