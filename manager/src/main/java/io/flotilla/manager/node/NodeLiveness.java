package io.flotilla.manager.node;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Node down after three missed heartbeats, ready again with the next one. Heartbeats live in the leader's memory only: what
 * commits is the verdict. Silence counts only while the leader's own canary record comes back over the same bus, and a bus
 * (or a leader) that was away gives every node a fresh grace period: a dead bus is not a dead fleet.
 */
public final class NodeLiveness implements ControlLoop {
    /** How often nodes send a heartbeat, and the leader its canary. */
    public static final Duration BEAT = Duration.ofSeconds(1);

    private static final Duration GRACE = BEAT.multipliedBy(3);
    private static final Duration CANARY_LATE = BEAT.multipliedBy(2);

    private final Map<String, Instant> lastHeard = new HashMap<>();
    private final Set<String> heardNow = new LinkedHashSet<>();
    private @Nullable Instant canaryBack;
    private @Nullable Instant nextCheck;

    /** A heartbeat, or any other sign of life that is as new. */
    public void heard(String nodeId, Instant now) {
        if (lastHeard.replace(nodeId, now) != null) {
            heardNow.add(nodeId);
        }
    }

    /** The leader's own record came back. */
    public void canaryReturned(Instant now) {
        if (!busAnswers(now)) {
            lastHeard.replaceAll((node, at) -> now);
            nextCheck = now.plus(GRACE);
        }
        canaryBack = now;
    }

    @Override
    public void settle(Turn turn, Changed changed) {
        if (changed.everything()) {
            lastHeard.clear();
            heardNow.clear();
            canaryBack = null;
            turn.state().nodes().forEach(node -> watch(node.id(), turn.now()));
        }
        for (String id : changed.of(ObjectKind.NODE)) {
            if (turn.state().node(id).isPresent()) {
                watch(id, turn.now());
            } else {
                lastHeard.remove(id);
            }
        }
        for (String id : heardNow) {
            turn.state()
                    .node(id)
                    .filter(node -> stateOf(node) != NodeState.READY)
                    .ifPresent(node -> put(turn, node, NodeState.READY, null));
        }
        heardNow.clear();
        if (nextCheck != null && !turn.now().isBefore(nextCheck)) {
            check(turn);
        }
    }

    @Override
    public Optional<Instant> wakeAt() {
        return Optional.ofNullable(nextCheck);
    }

    private void watch(String nodeId, Instant now) {
        lastHeard.putIfAbsent(nodeId, now);
        if (nextCheck == null) {
            nextCheck = now.plus(GRACE);
        }
    }

    private void check(Turn turn) {
        Instant now = turn.now();
        nextCheck = null;
        if (!busAnswers(now)) {
            // the canary's return sets the next check
            return;
        }
        for (Map.Entry<String, Instant> entry : lastHeard.entrySet()) {
            Instant due = entry.getValue().plus(GRACE);
            if (due.isAfter(now)) {
                nextCheck = nextCheck == null || due.isBefore(nextCheck) ? due : nextCheck;
                continue;
            }
            turn.state()
                    .node(entry.getKey())
                    .filter(node -> stateOf(node) != NodeState.DOWN)
                    .ifPresent(node -> put(turn, node, NodeState.DOWN, "heartbeat failure"));
        }
        if (nextCheck == null && !lastHeard.isEmpty()) {
            nextCheck = now.plus(GRACE);
        }
    }

    private boolean busAnswers(Instant now) {
        return canaryBack != null && !now.isAfter(canaryBack.plus(CANARY_LATE));
    }

    private static NodeState stateOf(Node node) {
        NodeStatus status = node.status();
        return status == null || status.state() == null ? NodeState.UNKNOWN : status.state();
    }

    private static void put(Turn turn, Node node, NodeState state, @Nullable String message) {
        String addr = node.status() == null ? null : node.status().addr();
        turn.put(node.with(n -> n.status(new NodeStatus(state, message, addr)).updatedAt(turn.now())));
    }
}
