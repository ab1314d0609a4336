package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Reply;
import io.flotilla.bus.report.Report;
import io.flotilla.manager.node.NodeLiveness;
import io.flotilla.manager.orchestrator.autoscale.Autoscaler;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.TaskTransitions.Maker;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * One leader's decisions. A turn takes the events that gathered, in order, lets the control loops react until a round
 * changes nothing, and comes out as one batch. Used by one thread; knows no clock and starts nothing.
 *
 * <p>Whoever drives it promises: after {@link #lead} the base of the first evaluation has everything of earlier terms, and
 * each later base is the previous one with the batch that came out applied; otherwise it calls {@link #lead} again.
 */
public final class ControlCore {
    /** A turn takes no further event when it has changed so many objects; one event alone may change more. */
    static final int MAX_CHANGES = 2_000;

    /** No chain of reactions is as long: the loops would go on for ever, which is a bug. */
    static final int MAX_ROUNDS = 200;

    /** Reports without effect (heartbeats) after which the position alone is worth an entry. */
    static final int MAX_UNCOMMITTED_REPORTS = 20_000;

    private final List<ControlLoop> loops;
    private final NodeLiveness liveness;
    private final ReportIntake intake;
    private final Commands commands;
    private final Supplier<String> ids;

    private final Map<Integer, Long> reportOffsets = new HashMap<>();
    private int uncommittedReports;
    private boolean everythingChanged = true;

    /**
     * @param managerId node ID of this manager
     * @param loops in the order they are called in each round
     * @param ids source of new object IDs
     */
    public ControlCore(String managerId, List<ControlLoop> loops, Supplier<String> ids) {
        this.liveness = new NodeLiveness();
        Autoscaler autoscaler = new Autoscaler();
        this.intake = new ReportIntake(managerId, liveness, autoscaler);
        this.commands = new Commands();
        this.ids = ids;
        List<ControlLoop> all = new ArrayList<>();
        all.add(new Foundation(managerId));
        all.add(liveness);
        all.add(autoscaler);
        all.addAll(loops);
        this.loops = List.copyOf(all);
    }

    /** The earliest moment at which an evaluation without events has something to do; now, when leading has just begun. */
    public Optional<Instant> wakeAt() {
        if (everythingChanged) {
            return Optional.of(Instant.MIN);
        }
        return loops.stream().flatMap(loop -> loop.wakeAt().stream()).min(Instant::compareTo);
    }

    /**
     * One turn. Takes events from the queue's head until it is empty or the turn is large enough.
     *
     * @param base the committed state
     * @param now never earlier than at the previous call
     */
    public Evaluation evaluate(ClusterState base, Instant now, Queue<? extends ControlEvent> events) {
        Turn turn = new Turn(base, now, ids);
        List<Evaluation.Answer> answers = new ArrayList<>();
        while (turn.size() < MAX_CHANGES) {
            ControlEvent event = events.poll();
            if (event == null) {
                break;
            }
            switch (event) {
                case ControlEvent.Asked asked -> answers.add(new Evaluation.Answer(asked.ticket(), run(turn, asked)));
                case ControlEvent.Reported reported -> take(turn, reported);
            }
        }
        settle(turn);
        boolean proposed = !turn.isEmpty() || uncommittedReports >= MAX_UNCOMMITTED_REPORTS;
        Map<Integer, Long> offsets = proposed ? Map.copyOf(reportOffsets) : Map.of();
        if (proposed) {
            reportOffsets.clear();
            uncommittedReports = 0;
        }
        return new Evaluation(new Batch(base.index(), now, turn.changes(), offsets), proposed, answers);
    }

    private Reply run(Turn turn, ControlEvent.Asked asked) {
        int before = turn.size();
        turn.as(Maker.UNNAMED);
        Reply reply = commands.run(turn, asked.command());
        if (reply instanceof Reply.Refused && turn.size() != before) {
            throw new IllegalStateException(asked.command().getClass().getSimpleName() + " was refused half done");
        }
        return reply;
    }

    private void take(Turn turn, ControlEvent.Reported reported) {
        long next = reported.offset() + 1;
        long taken = Math.max(
                turn.base().reportOffsets().getOrDefault(reported.partition(), 0L),
                reportOffsets.getOrDefault(reported.partition(), 0L));
        if (next <= taken) {
            return;
        }
        Report report = reported.report();
        if (report != null) {
            turn.as(Maker.AGENT);
            intake.take(turn, report);
        }
        reportOffsets.put(reported.partition(), next);
        uncommittedReports++;
    }

    private void settle(Turn turn) {
        Changed changed = turn.takeUnseen();
        if (everythingChanged) {
            changed = Changed.all();
            everythingChanged = false;
        }
        for (int round = 0; round < MAX_ROUNDS; round++) {
            for (ControlLoop loop : loops) {
                turn.as(loop.maker());
                loop.settle(turn, changed);
            }
            changed = turn.takeUnseen();
            if (changed.isNothing()) {
                return;
            }
        }
        throw new IllegalStateException(
                "the control loops do not settle: after " + MAX_ROUNDS + " rounds still " + changed.ids());
    }
}
