package io.flotilla.manager.orchestrator.rebalance;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Service;
import io.flotilla.manager.scheduler.Fit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * How many tasks of one service each node has. Finds the move that makes the spread more even: between the branches of the
 * placement preferences first, then within them. Every move takes from where there are at least two more than where it
 * puts, so that none is ever undone by a later one.
 */
final class Loads {
    private static final int UNEVEN = 2;

    /** One task to be moved. @param fromCount tasks of the service there, before */
    record Move(Node from, Node to, long fromCount, long toCount) {}

    private final List<Node> nodes;
    private final List<String> spreadBy;
    private final Map<String, Long> counts = new HashMap<>();

    /** @param nodes that take part */
    Loads(Collection<Node> nodes, Service service) {
        this.nodes = nodes.stream().sorted(Comparator.comparing(Node::id)).toList();
        this.spreadBy = Fit.spreadBy(service);
        this.nodes.forEach(node -> counts.put(node.id(), 0L));
    }

    /** Counts a task; on a node that takes no part it does not matter. */
    void add(String nodeId) {
        counts.computeIfPresent(nodeId, (id, count) -> count + 1);
    }

    /** Counts a task as moved. */
    void moved(Move move) {
        counts.merge(move.from().id(), -1L, Long::sum);
        counts.merge(move.to().id(), 1L, Long::sum);
    }

    /**
     * The next move towards an even spread.
     *
     * @param gives whether a node has a task that may be moved
     * @param takes whether a node can take one more; asked for as few nodes as possible
     */
    Optional<Move> next(Predicate<Node> gives, Predicate<Node> takes) {
        return next(nodes, 0, gives, takes);
    }

    private Optional<Move> next(List<Node> among, int level, Predicate<Node> gives, Predicate<Node> takes) {
        if (level == spreadBy.size()) {
            return between(among, among, UNEVEN, gives, takes);
        }
        Map<String, List<Node>> branches = new TreeMap<>();
        among.forEach(node -> branches.computeIfAbsent(Fit.branch(spreadBy.get(level), node), b -> new ArrayList<>())
                .add(node));
        List<List<Node>> byTasks = branches.values().stream()
                .sorted(Comparator.comparingLong(this::total))
                .toList();
        List<Node> busiest = byTasks.getLast();
        for (List<Node> branch : byTasks) {
            if (total(busiest) - total(branch) < UNEVEN) {
                break;
            }
            Optional<Move> move = between(busiest, branch, Long.MIN_VALUE, gives, takes);
            if (move.isPresent()) {
                return move;
            }
        }
        return byTasks.stream()
                .flatMap(branch -> next(branch, level + 1, gives, takes).stream())
                .findFirst();
    }

    private long total(List<Node> branch) {
        return branch.stream().mapToLong(this::count).sum();
    }

    private long count(Node node) {
        return counts.getOrDefault(node.id(), 0L);
    }

    /** From the most loaded node that gives to the least loaded one that takes, if they differ by so much. */
    private Optional<Move> between(
            List<Node> givers, List<Node> takers, long difference, Predicate<Node> gives, Predicate<Node> takes) {
        Comparator<Node> byCount = Comparator.comparingLong(this::count);
        Optional<Node> from = givers.stream().filter(gives).max(byCount).filter(node -> count(node) > 0);
        if (from.isEmpty()) {
            return Optional.empty();
        }
        long most = count(from.get());
        return takers.stream()
                .sorted(byCount)
                .filter(node -> difference == Long.MIN_VALUE || most - count(node) >= difference)
                .filter(takes)
                .findFirst()
                .map(to -> new Move(from.get(), to, most, count(to)));
    }
}
