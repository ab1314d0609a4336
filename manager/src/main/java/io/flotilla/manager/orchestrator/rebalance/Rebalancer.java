package io.flotilla.manager.orchestrator.rebalance;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.orchestrator.Deadlines;
import io.flotilla.manager.orchestrator.UpdatePhase;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Spreads the running tasks of services that ask for it over the nodes that joined, came back or became active: a new task
 * is started on the least loaded node, and the one on the most loaded node goes when the new one runs. Ends when no two nodes
 * differ by more than one. A move is a slot with two live tasks of which the younger says by its labels that it is one, so
 * that a new leader goes on with it. Never during an update, and only while every other task runs.
 */
public final class Rebalancer implements ControlLoop {
    /** Label of the new task: the ID of the one it replaces. */
    public static final String REPLACES = "flotilla.rebalance.replaces";

    /** Label of the new task: why it was made, in words. */
    public static final String REASON = "flotilla.rebalance.reason";

    /** A node on which the service failed is tried again when the scheduler has forgotten the failure, after five minutes. */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(5).plusSeconds(1);

    private final Deadlines<String> again = new Deadlines<>();

    @Override
    public void settle(Turn turn, Changed changed) {
        ClusterState state = turn.state();
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()
                || !changed.of(ObjectKind.NODE).isEmpty()
                || !changed.of(ObjectKind.CLUSTER).isEmpty()) {
            state.services().forEach(service -> services.add(service.id()));
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            state.task(id).map(Task::serviceId).ifPresent(services::add);
        }
        services.addAll(again.takeDue(turn.now()));
        services.forEach(id -> look(turn, id));
    }

    @Override
    public Optional<Instant> wakeAt() {
        return again.next();
    }

    private void look(Turn turn, String id) {
        again.cancel(id);
        Optional<Service> service = turn.state().service(id).filter(each -> !UpdatePhase.isUnderWay(each));
        if (service.isEmpty()) {
            return;
        }
        RebalanceRules.of(turn.state(), service.get()).ifPresent(rules -> {
            if (new ServiceMoves(turn, service.get(), rules).advance()) {
                again.set(id, turn.now().plus(LOOK_AGAIN));
            }
        });
    }
}
