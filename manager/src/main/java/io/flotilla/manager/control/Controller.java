package io.flotilla.manager.control;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.control.core.ControlCore;
import io.flotilla.manager.control.core.ControlEvent;
import io.flotilla.manager.control.core.Evaluation;
import io.flotilla.manager.raft.ConsensusLog;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.RaftException;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.BatchCodec;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The manager's event thread. While it leads: evaluates what gathered, proposes the batch, waits for it to be applied,
 * answers, and evaluates what gathered meanwhile; one batch is in flight, nothing is ever delayed to make a batch larger.
 * A batch over the log's entry limit goes as several, one after the other; the answers come with the last. That is sound
 * because each part is a state the control loops go on from, whoever leads then.
 *
 * <p>{@link #step} belongs to one thread, that of {@link #run} or a simulator's; the rest may be called from any.
 */
public final class Controller implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Controller.class);
    private static final Duration RETRY = Duration.ofMillis(100);

    /** A clock that is set back by more is followed: waiting for it to catch up would hold everything up for too long. */
    private static final Duration LONGEST_STANDSTILL = Duration.ofMinutes(1);

    private final ConsensusLog log;
    private final Supplier<ClusterState> state;
    private final Bus bus;
    private final Supplier<ControlCore> cores;
    private final InstantSource clock;
    private final Consumer<Boolean> leading;
    private final Consumer<Throwable> fatal;
    private final ControlMetrics metrics = new ControlMetrics();
    private final Gathered gathered = new Gathered();
    private final Deque<ControlEvent> taken = new ArrayDeque<>();

    private volatile boolean leads;
    private volatile long commits;
    private volatile @Nullable String trouble;

    private boolean elected;
    private Instant retryAt = Instant.MIN;
    private @Nullable Term term;
    private @Nullable Flight flight;

    /** What there is only while leading. */
    private record Term(ControlCore core, Bus.Subscription reports) {}

    /**
     * A batch on its way.
     *
     * @param rest changes that did not fit the entry and follow in the next
     */
    private record Flight(
            CompletableFuture<Long> outcome,
            Batch batch,
            List<Change> rest,
            List<Evaluation.Answer> answers,
            long startedNanos) {}

    /**
     * @param state the newest applied state of this manager
     * @param cores a core for each time of leading
     * @param leading told on the event thread when this manager begins and ceases to lead
     * @param fatal told of a bug; the controller has then stopped
     */
    public Controller(
            ConsensusLog log,
            Supplier<ClusterState> state,
            Bus bus,
            Supplier<ControlCore> cores,
            InstantSource clock,
            Consumer<Boolean> leading,
            Consumer<Throwable> fatal) {
        this.log = log;
        this.state = state;
        this.bus = bus;
        this.cores = cores;
        this.clock = clock;
        this.leading = leading;
        this.fatal = fatal;
    }

    /** How many batches of this manager have committed; one is proposed after the other. Any thread. */
    public long commits() {
        return commits;
    }

    /** Evaluates a command; completes when its effect has committed and been applied here, or it is refused. */
    public CompletableFuture<Reply> execute(Command command) {
        metrics.asked();
        return gathered.ask(command)
                .orElseGet(() -> CompletableFuture.completedFuture(new Reply.Refused(
                        Refusal.unavailable("the manager has too many requests waiting; try again"))));
    }

    /** From the log. */
    public void leaderChanged(Leadership leadership) {
        gathered.lead(leadership);
    }

    /** Leads, has evaluated everything afresh, and takes commands. */
    public boolean leads() {
        return leads;
    }

    /** What keeps reports from being read; null when nothing does. */
    public @Nullable String trouble() {
        return trouble;
    }

    public ControlMetrics metrics() {
        return metrics;
    }

    /** The event thread's life, until {@link #close}. A bug ends it, and is told. */
    public void run() {
        try {
            while (!gathered.isClosed()) {
                if (!step()) {
                    gathered.await(untilDue());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            gathered.close();
            fatal.accept(e);
        } finally {
            endTerm("the manager stops");
        }
    }

    /**
     * Does the next thing.
     *
     * @return false when there is nothing to do until something arrives or {@link #untilDue}
     */
    public boolean step() {
        Leadership change = gathered.takeLeadership();
        if (change != null) {
            elected = change.self();
            retryAt = Instant.MIN;
            endTerm("the manager does not lead any more");
        }
        if (term == null && elected && log.isLeader() && !clock.instant().isBefore(retryAt)) {
            beginTerm();
        }
        Term now = term;
        if (now == null) {
            gathered.drainTo(taken);
            boolean turnedAway = !taken.isEmpty();
            turnAway("this manager does not lead");
            return turnedAway;
        }
        if (flight != null) {
            return flight.outcome().isDone() && land(flight);
        }
        gathered.drainTo(taken);
        if (taken.isEmpty() && !due(now)) {
            return false;
        }
        evaluate(now);
        return true;
    }

    /** How long until there is something to do though nothing arrives; null: never. */
    public @Nullable Duration untilDue() {
        if (term == null) {
            return elected ? RETRY : null;
        }
        if (flight != null) {
            return null;
        }
        return term.core()
                .wakeAt()
                .map(at -> at.isAfter(clock.instant()) ? Duration.between(clock.instant(), at) : Duration.ZERO)
                .orElse(null);
    }

    @Override
    public void close() {
        gathered.close();
    }

    private boolean due(Term now) {
        Optional<Instant> at = now.core().wakeAt();
        return at.isPresent() && !at.get().isAfter(moment());
    }

    /**
     * The present, as the cluster sees it: later than everything there is, also while this manager's clock is behind, by a
     * correction or because an earlier leader's was ahead. What is made later would otherwise count as older.
     */
    private Instant moment() {
        Instant told = clock.instant();
        Instant last = state.get().time();
        boolean behind = !told.isAfter(last) && Duration.between(told, last).compareTo(LONGEST_STANDSTILL) <= 0;
        return behind ? last.plusNanos(1) : told;
    }

    private void evaluate(Term now) {
        ClusterState base = state.get();
        Evaluation evaluation = now.core().evaluate(base, moment(), taken);
        if (evaluation.proposed()) {
            propose(evaluation.batch(), evaluation.answers());
        } else {
            answer(evaluation.answers(), base.changedIndex());
        }
        leads = true;
    }

    private void propose(Batch batch, List<Evaluation.Answer> answers) {
        BatchCodec.Entry entry = BatchCodec.encode(batch, ConsensusLog.MAX_ENTRY_BYTES);
        List<Change> rest =
                batch.changes().subList(entry.changes(), batch.changes().size());
        CompletableFuture<Long> outcome = log.propose(entry.bytes());
        flight = new Flight(outcome, batch, rest, answers, System.nanoTime());
        outcome.whenComplete((index, failure) -> gathered.wake()).isDone();
    }

    private boolean land(Flight landed) {
        flight = null;
        long index;
        try {
            index = landed.outcome().join();
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof RaftException failure) || failure instanceof RaftException.EntryTooLarge) {
                throw e;
            }
            lost(landed, failure);
            return true;
        }
        ClusterState after = state.get();
        int changed = landed.batch().changes().size() - landed.rest().size();
        if (after.index() != index || changed > 0 && after.changedIndex() != index) {
            throw new IllegalStateException("batch based on " + landed.batch().baseIndex() + " committed at " + index
                    + " and was void: this manager led without the newest state, " + after.index());
        }
        metrics.committed(changed, System.nanoTime() - landed.startedNanos());
        commits++;
        if (landed.rest().isEmpty()) {
            answer(landed.answers(), after.changedIndex());
        } else {
            propose(
                    new Batch(
                            index,
                            landed.batch().time(),
                            landed.rest(),
                            landed.batch().reportOffsets()),
                    landed.answers());
        }
        return true;
    }

    private void lost(Flight landed, RaftException failure) {
        LOG.infof("A batch did not commit here: %s", failure.getMessage());
        String why = failure instanceof RaftException.OutcomeUnknown
                ? "the manager lost the lead while the change was under way; look whether it was made"
                : "the manager could not commit: " + failure.getMessage();
        landed.answers()
                .forEach(answer -> gathered.answer(answer.ticket(), new Reply.Refused(Refusal.unavailable(why))));
        retryAt = clock.instant().plus(RETRY);
        endTerm(why);
    }

    private void beginTerm() {
        ClusterState base = state.get();
        Map<Integer, Bus.Position> from = new HashMap<>();
        for (int partition = 0; partition < Topic.REPORTS.partitions(); partition++) {
            Long offset = base.reportOffsets().get(partition);
            from.put(partition, offset == null ? new Bus.Position.Beginning() : new Bus.Position.Offset(offset));
        }
        ControlCore core = cores.get();
        term = new Term(core, bus.subscribe(Topic.REPORTS, from, new ReportReader(gathered.newReader())));
        leading.accept(true);
        LOG.infof("Leading from index %d on", base.index());
    }

    private void endTerm(String why) {
        Term ended = term;
        if (ended == null) {
            return;
        }
        term = null;
        leads = false;
        leading.accept(false);
        // first, so that a reader that waits for room lets its subscription end
        gathered.newReader();
        ended.reports().close();
        flight = null;
        gathered.drainTo(taken);
        turnAway(why);
        LOG.infof("Not leading: %s", why);
    }

    private void turnAway(String why) {
        taken.clear();
        Reply refused = new Reply.Refused(Refusal.unavailable(why));
        gathered.unanswered().forEach(ticket -> gathered.answer(ticket, refused));
    }

    private void answer(List<Evaluation.Answer> answers, long index) {
        for (Evaluation.Answer answer : answers) {
            if (answer.reply() instanceof Reply.Refused) {
                metrics.refused();
            }
            gathered.answer(answer.ticket(), answer.at(index));
        }
    }

    /** Hands on what one subscription reads, on the bus' thread. */
    private final class ReportReader implements Bus.Reader {
        private final long reader;

        ReportReader(long reader) {
            this.reader = reader;
        }

        @Override
        public void read(List<InRecord> records) {
            trouble = null;
            for (InRecord record : records) {
                Report report = decoded(record);
                metrics.reported(report != null);
                if (!gathered.report(reader, new ControlEvent.Reported(record.partition(), record.offset(), report))) {
                    return;
                }
            }
        }

        @Override
        public void caughtUp() {
            trouble = null;
        }

        @Override
        public void interrupted(io.flotilla.bus.topic.BusException reason) {
            trouble = reason.getMessage();
        }

        @Override
        public void failed(Throwable cause) {
            fatal.accept(cause);
        }

        private static @Nullable Report decoded(InRecord record) {
            byte[] value = record.value();
            if (value == null) {
                return null;
            }
            try {
                return Codec.JSON.decode(value, Report.class);
            } catch (IOException e) {
                LOG.warnf(
                        "Passing over record %d of partition %d of %s, which is no report: %s",
                        record.offset(), record.partition(), record.topic().topicName(), e.getMessage());
                return null;
            }
        }
    }
}
