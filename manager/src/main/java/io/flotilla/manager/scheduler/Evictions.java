package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Task;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Looks for the tasks of lower priority that have to go so that a waiting one fits on their node. Tasks on their way out
 * count as gone and room others were promised as taken: where that is enough, the task is to wait. Pure.
 */
final class Evictions {
    private final ClusterState state;
    private final Fleet fleet;
    private final Predicate<String> waits;
    private final Predicate<Task> mayGo;
    /** Services whose tasks stay: without them the waiting one would wait again. */
    private final Set<String> needed;

    private final Task waiting;
    private final Requirements needs;
    private final int priority;
    private final int most;

    /** A task that may have to go. */
    private record Victim(Task task, Share share, int priority) {}

    /**
     * @param waits whether a task, by ID, still waits for a node
     * @param mayGo which tasks would come back elsewhere
     * @param most tasks that may go
     */
    Evictions(ClusterState state, Fleet fleet, Predicate<String> waits, Predicate<Task> mayGo, Task waiting, int most) {
        this.state = state;
        this.fleet = fleet;
        this.waits = waits;
        this.mayGo = mayGo;
        this.waiting = waiting;
        this.needs = fleet.needs(state, TaskGroup.of(waiting));
        this.priority = PlacementLabels.priority(state, waiting.serviceId());
        this.needed = waiting.serviceId() == null ? Set.of() : StartGate.neededBy(state, waiting.serviceId());
        this.most = most;
    }

    /** The fewest, lowest tasks of one node; empty when that helps nowhere, or room is coming somewhere. */
    Optional<Eviction> best() {
        Requirements apartFromRoom =
                needs.with(n -> n.nanoCpus(0).memoryBytes(0).generic(Map.of()).hostPorts(List.of()));
        Pipeline fits = new Pipeline(TaskGroup.of(waiting).serviceId(), apartFromRoom, () -> state);
        Collection<NodeInfo> nodes = waiting.nodeId() == null ? fleet.nodes() : List.of(fleet.node(waiting.nodeId()));
        Optional<Eviction> best = Optional.empty();
        for (NodeInfo node : nodes) {
            if (fits.passes(node)) {
                NodeInfo future = future(node);
                if (hasRoom(future)) {
                    return Optional.empty();
                }
                best = Stream.concat(best.stream(), on(node, future).stream()).min(Eviction.FEWEST_AND_LOWEST);
            }
        }
        return best;
    }

    private boolean hasRoom(NodeInfo node) {
        return node.hasFree(needs) && !node.holdsAny(needs);
    }

    /** The node once everything that is to leave has left, and what waits for that has come. */
    private NodeInfo future(NodeInfo node) {
        NodeInfo future = node.withoutTasks();
        for (Task task : state.tasksOnNode(node.id())) {
            Share share = fleet.shareOf(task.id());
            if (share != null && share.active()) {
                future.take(share);
            }
        }
        for (String claimant : node.claims().keySet()) {
            if (!claimant.equals(waiting.id()) && waits.test(claimant)) {
                state.task(claimant).ifPresent(task -> future.take(promised(node, task)));
            }
        }
        return future;
    }

    private Share promised(NodeInfo node, Task task) {
        return new Share(node.id(), "", fleet.needs(state, TaskGroup.of(task)), List.of(), false, null);
    }

    private Optional<Eviction> on(NodeInfo node, NodeInfo future) {
        List<Victim> victims = state.tasksOnNode(node.id()).stream()
                .flatMap(task -> Stream.ofNullable(fleet.shareOf(task.id()))
                        .filter(Share::active)
                        .map(share -> new Victim(task, share, PlacementLabels.priority(state, task.serviceId()))))
                .filter(victim -> victim.priority() < priority
                        && !needed.contains(victim.share().serviceId())
                        && mayGo.test(victim.task()))
                .toList();
        // the youngest of equal ones: it loses the least work
        Comparator<Victim> youngest = Comparator.comparing(
                        (Victim victim) -> victim.task().createdAt())
                .reversed()
                .thenComparing(victim -> victim.task().id());
        Comparator<Victim> lowest = Comparator.comparingInt(Victim::priority);
        Comparator<Victim> largest = Comparator.comparingDouble(victim -> -relief(victim.share()));
        return Stream.of(
                        lowest.thenComparing(largest).thenComparing(youngest),
                        largest.thenComparing(lowest).thenComparing(youngest))
                .map(order -> taken(victims.stream().sorted(order).toList(), future))
                .filter(gone -> !gone.isEmpty() && gone.size() <= most)
                .map(gone -> eviction(node, gone))
                .min(Eviction.FEWEST_AND_LOWEST);
    }

    /** Takes tasks off until there is room, then puts back the higher ones that need not go; empty: it never fits. */
    private List<Victim> taken(List<Victim> inOrder, NodeInfo future) {
        List<Victim> gone = new ArrayList<>();
        for (Victim victim : inOrder) {
            if (hasRoom(future)) {
                break;
            }
            future.giveBack(victim.share());
            gone.add(victim);
        }
        boolean enough = hasRoom(future);
        List<Victim> needed = new ArrayList<>(gone);
        for (Victim victim : gone.stream()
                .sorted(Comparator.comparingInt(Victim::priority).reversed())
                .toList()) {
            future.take(victim.share());
            if (!enough || hasRoom(future)) {
                needed.remove(victim);
            } else {
                future.giveBack(victim.share());
            }
        }
        // the next order starts from the same node
        needed.forEach(victim -> future.take(victim.share()));
        return needed;
    }

    /** How much of what is wanted the task's end would bring. */
    private double relief(Share share) {
        double relief = part(share.needs().nanoCpus(), needs.nanoCpus())
                + part(share.needs().memoryBytes(), needs.memoryBytes());
        for (var wanted : needs.generic().entrySet()) {
            relief += part(share.needs().generic().getOrDefault(wanted.getKey(), 0L), wanted.getValue());
        }
        return relief
                + needs.hostPorts().stream()
                        .filter(share.needs().hostPorts()::contains)
                        .count();
    }

    private static double part(long brought, long wanted) {
        return wanted == 0 ? 0 : Math.min(1, (double) brought / wanted);
    }

    private static Eviction eviction(NodeInfo node, List<Victim> gone) {
        return new Eviction(
                node.id(),
                gone.stream().map(victim -> victim.task().id()).toList(),
                gone.stream()
                        .map(Victim::priority)
                        .sorted(Comparator.reverseOrder())
                        .toList());
    }
}
