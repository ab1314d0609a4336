package io.flotilla.manager.orchestrator.rebalance;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RevisionComparison;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.scheduler.Fit;
import io.flotilla.manager.state.Turn;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One look at one service: moves under way are brought to their end, and new ones begun while the budget allows. */
final class ServiceMoves {
    private final Turn turn;
    private final Service service;
    private final RebalanceRules rules;
    private final Collection<Slot> slots;

    ServiceMoves(Turn turn, Service service, RebalanceRules rules) {
        this.turn = turn;
        this.service = service;
        this.rules = rules;
        this.slots = Slot.allOf(turn.state(), service.id()).values();
    }

    /** @return whether it is uneven still, though nothing can be moved now */
    boolean advance() {
        long underWay = 0;
        boolean settled = true;
        List<Task> stay = new ArrayList<>();
        RevisionComparison revisions = new RevisionComparison(turn.state(), service);
        for (Slot slot : slots) {
            List<Task> live = slot.live();
            if (live.isEmpty()) {
                continue;
            }
            Optional<Task> move = moveOf(live);
            if (move.isPresent()) {
                underWay += finish(live, move.get()) ? 0 : 1;
            } else {
                settled &= live.size() == 1 && runs(live.getFirst()) && !revisions.isOutdated(live.getFirst());
            }
            stay.add(move.orElse(live.getLast()));
        }
        return settled && underWay < rules.parallelism() && begin(stay, rules.parallelism() - underWay);
    }

    private static boolean runs(Task task) {
        return task.state() == TaskState.RUNNING;
    }

    /** Of a slot's live tasks the one that is to replace another of them. */
    private static Optional<Task> moveOf(List<Task> live) {
        return live.stream()
                .filter(task -> live.stream()
                        .anyMatch(other -> other.id().equals(task.labels().get(Rebalancer.REPLACES))))
                .findFirst();
    }

    /** The old task goes when the new one runs; the new one goes when its node has no room for it after all. */
    private boolean finish(List<Task> live, Task moved) {
        if (runs(moved)) {
            live.stream()
                    .filter(task -> !task.equals(moved))
                    .forEach(task -> TaskChanges.desire(turn, task, TaskState.SHUTDOWN));
            return true;
        }
        if (moved.state() == TaskState.PENDING && moved.status().err() != null) {
            TaskChanges.desire(turn, moved, TaskState.SHUTDOWN);
            return true;
        }
        return false;
    }

    private boolean begin(List<Task> tasks, long budget) {
        List<Node> nodes =
                turn.state().nodes().stream().filter(ServiceMoves::takesPart).toList();
        if (nodes.size() < 2) {
            return false;
        }
        Loads loads = new Loads(nodes, service);
        Map<String, Deque<Task>> movable = movable();
        tasks.forEach(task -> loads.add(Objects.requireNonNullElse(task.nodeId(), "")));
        for (long left = budget; left > 0; left--) {
            Optional<Loads.Move> move = loads.next(
                    node -> movable.containsKey(node.id()), node -> Fit.fits(turn.state(), service, node, turn.now()));
            if (move.isEmpty()) {
                return loads.next(node -> true, node -> true).isPresent();
            }
            Task task = youngest(movable, move.get().from());
            TaskChanges.createOn(
                    turn, service, SlotKey.of(task), move.get().to().id(), labels(task, move.get()));
            loads.moved(move.get());
        }
        return false;
    }

    private static boolean takesPart(Node node) {
        return node.status() != null
                && node.status().state() == NodeState.READY
                && !NodeValidity.isDrained(node)
                && !NodeValidity.isPaused(node);
    }

    /** By node the tasks that run and fill their slot alone, the oldest first. */
    private Map<String, Deque<Task>> movable() {
        Map<String, Deque<Task>> movable = new HashMap<>();
        slots.stream()
                .map(Slot::live)
                .filter(live -> live.size() == 1 && runs(live.getFirst()))
                .map(List::getFirst)
                .sorted(Slot.OLDEST_FIRST)
                .forEach(task -> movable.computeIfAbsent(String.valueOf(task.nodeId()), node -> new ArrayDeque<>())
                        .add(task));
        return movable;
    }

    private static Task youngest(Map<String, Deque<Task>> movable, Node node) {
        Deque<Task> tasks = Objects.requireNonNull(movable.get(node.id()));
        Task youngest = tasks.removeLast();
        if (tasks.isEmpty()) {
            movable.remove(node.id());
        }
        return youngest;
    }

    private static Map<String, String> labels(Task replaced, Loads.Move move) {
        String reason = "moved from " + name(move.from()) + ", which has " + move.fromCount()
                + " tasks of the service, to " + name(move.to()) + ", which has " + move.toCount();
        return Map.of(Rebalancer.REPLACES, replaced.id(), Rebalancer.REASON, reason);
    }

    private static String name(Node node) {
        return Optional.ofNullable(node.description())
                .map(description -> description.hostname())
                .orElse(node.id());
    }
}
