package io.flotilla.manager.dispatch;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.seal.DataKeys;
import io.flotilla.manager.seal.NodeSealing;
import io.flotilla.manager.state.ClusterState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what has committed, while this manager leads. Several batches may go in one transaction, which also carries the
 * position reached; whoever publishes next reads that position first and goes on after it, so every batch appears once and
 * in order whatever crashed. Where the applied log does not reach back to the position, the topics are compared with the
 * state instead (events in between are then lost). Commits never wait for it.
 *
 * <p>A position beyond the state is a later leader's, and this manager has not heard that it was deposed; or another
 * installation's, or of before a backup. It commits nothing any more in the first case, so the topics are not taken back
 * before it has.
 *
 * <p>{@link #step} belongs to one thread; the rest may be called from any.
 */
public final class Dispatcher implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Dispatcher.class);
    private static final String TRANSACTIONAL_ID = "flotilla-dispatcher";
    private static final int MAX_RECORDS = 2_000;
    private static final long UNKNOWN = -1;
    /** The first may have been under way to a majority that has another leader since; the second began after it. */
    private static final int PROOF_COMMITS = 2;

    private final Bus bus;
    private final AppliedLog applied;
    private final Supplier<ClusterState> state;
    private final Publications publications;
    private final LongSupplier commits;

    private volatile boolean leading;
    private volatile long publishedIndex;
    private volatile @Nullable String trouble;

    private Bus.@Nullable TransactionalPublisher publisher;
    private long position = UNKNOWN;
    /** How many commits prove that this manager led when it read the position. */
    private long provenAt;

    /**
     * @param state the newest applied state
     * @param keys what values in it are sealed with
     * @param commits how many batches this manager has committed so far, one after the other
     */
    public Dispatcher(Bus bus, AppliedLog applied, Supplier<ClusterState> state, DataKeys keys, LongSupplier commits) {
        this.bus = bus;
        this.applied = applied;
        this.state = state;
        this.publications = new Publications(new NodeSealing(keys));
        this.commits = commits;
    }

    /** Whether to publish from now on. */
    public void lead(boolean leads) {
        leading = leads;
    }

    /** Index of the last change known to be on flotilla.objects; 0 while this manager does not lead. */
    public long publishedIndex() {
        return leading ? publishedIndex : 0;
    }

    /** Why publishing does not go on, for the user; null while it does. */
    public @Nullable String trouble() {
        return trouble;
    }

    /**
     * Publishes the next group.
     *
     * @return whether it did something; false: nothing to do until the next batch, or, with {@link #trouble}, until a retry
     */
    public boolean step() {
        if (!leading) {
            trouble = null;
            drop();
            return false;
        }
        try {
            if (publisher == null) {
                open();
                return true;
            }
            if (position > state.get().changedIndex() && commits.getAsLong() < provenAt) {
                trouble = "what is published is newer than this manager's state, and it has committed nothing since";
                return false;
            }
            boolean done = publishNext(publisher);
            trouble = null;
            return done;
        } catch (IOException e) {
            // what became of the transaction shows when the position is read again
            drop();
            if (trouble == null) {
                LOG.warnf("Publishing to the bus waits: %s", e.getMessage());
            }
            trouble = e.getMessage();
            return false;
        }
    }

    @Override
    public void close() {
        leading = false;
        drop();
    }

    private void open() throws IOException {
        Bus.TransactionalPublisher opened = bus.transactional(TRANSACTIONAL_ID);
        publisher = opened;
        // only now nobody else writes it any more
        position = Publications.position(bus.latest(Topic.ASSIGNMENTS, List.of(Publications.POSITION_PARTITION)));
        publishedIndex = Math.max(position, 0);
        provenAt = commits.getAsLong() + PROOF_COMMITS;
    }

    private boolean publishNext(Bus.TransactionalPublisher to) throws IOException {
        ClusterState now = state.get();
        Optional<List<AppliedLog.Applied>> next =
                position == UNKNOWN ? Optional.empty() : applied.after(position, now.changedIndex(), MAX_RECORDS);
        if (next.isEmpty() || position > now.changedIndex()) {
            resync(to, now);
            return true;
        }
        if (next.get().isEmpty()) {
            return false;
        }
        List<OutRecord> records = new ArrayList<>();
        next.get().forEach(batch -> records.addAll(publications.of(batch)));
        long reached = next.get().getLast().index();
        records.addAll(Publications.position(reached));
        to.publish(records);
        reached(reached);
        return true;
    }

    private void resync(Bus.TransactionalPublisher to, ClusterState now) throws BusException {
        List<Integer> assignments =
                IntStream.range(0, Topic.ASSIGNMENTS.partitions()).boxed().toList();
        List<OutRecord> records = new ArrayList<>(publications.resync(
                now, bus.latest(Topic.OBJECTS, List.of(0)), bus.latest(Topic.ASSIGNMENTS, assignments)));
        records.addAll(Publications.position(now.changedIndex()));
        LOG.infof("Bringing the bus to index %d: %d records", now.changedIndex(), records.size());
        for (int from = 0; from < records.size(); from += MAX_RECORDS) {
            to.publish(records.subList(from, Math.min(records.size(), from + MAX_RECORDS)));
        }
        reached(now.changedIndex());
    }

    private void reached(long index) {
        position = index;
        publishedIndex = index;
    }

    private void drop() {
        Bus.TransactionalPublisher old = publisher;
        publisher = null;
        position = UNKNOWN;
        if (old != null) {
            old.close();
        }
    }
}
