package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.prioritized;
import static io.flotilla.manager.orchestrator.Specs.reserving;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.scheduler.PlacementLabels;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** Whatever services of whatever priorities come and go on a cluster that is too small for them. */
@Tag("long")
class PreemptionPropertiesTest {
    private static final long HALF_CPU = 500_000_000L;
    private static final long NODE_NANO_CPUS = 4_000_000_000L;

    /** @param removed the service of that number goes again, when there is one */
    record Step(int priority, int replicas, int halfCpus, int removed) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Step> step = Combinators.combine(
                        Arbitraries.integers().between(-2, 3),
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.integers().between(1, 8),
                        Arbitraries.integers().between(0, 30))
                .as(Step::new);
        return step.list().ofMinSize(1).ofMaxSize(10);
    }

    @Property(tries = 150)
    void onlyHigherOnesPreemptAndAllComesToRest(@ForAll("steps") List<Step> steps, @ForAll("nodes") int nodes) {
        Swarm swarm = Swarm.withNodes(nodes);
        Map<String, Integer> priorities = new HashMap<>();
        Map<String, Integer> halfCpus = new HashMap<>();
        Set<String> seen = new HashSet<>();
        swarm.afterEveryTurn(at -> {
            reservationsFit(at, halfCpus);
            onlyLowerOnesGo(at, priorities, seen);
        });
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            String name = "s" + i;
            priorities.put(name, step.priority());
            halfCpus.put(name, step.halfCpus());
            swarm.create(prioritized(
                    reserving(Swarm.replicated(name, step.replicas()), step.halfCpus() * HALF_CPU, 0),
                    step.priority()));
            if (step.removed() < i) {
                swarm.remove("s" + step.removed());
            }
            swarm.pass(Duration.ofSeconds(3));
        }
        swarm.pass(Duration.ofMinutes(30));
        int preemptions = seen.size();
        swarm.pass(Duration.ofHours(1));
        assertThat(seen).as("nobody goes any more once all had the time to").hasSize(preemptions);
        noOneWaitsThatMayPreemptAndWouldFit(swarm, priorities, halfCpus);
    }

    /** The first of s4's two that wait took the place of a preempted one; the other may preempt. */
    @Example
    void oneThatMayPreemptDoesBesideALikeOneThatMayNot() {
        List<Step> steps = List.of(
                new Step(0, 1, 1, 0),
                new Step(-2, 1, 1, 0),
                new Step(0, 2, 1, 0),
                new Step(0, 3, 4, 0),
                new Step(-1, 3, 2, 2));
        onlyHigherOnesPreemptAndAllComesToRest(steps, 2);
    }

    @Provide
    Arbitrary<Integer> nodes() {
        return Arbitraries.integers().between(1, 4);
    }

    private static void reservationsFit(Swarm swarm, Map<String, Integer> halfCpus) {
        for (Node node : swarm.state().nodes()) {
            long reserved = swarm.state().tasksOnNode(node.id()).stream()
                    .filter(PreemptionPropertiesTest::isThere)
                    .mapToLong(task -> of(task, halfCpus) * HALF_CPU)
                    .sum();
            assertThat(reserved).isLessThanOrEqualTo(NODE_NANO_CPUS);
        }
    }

    private static int of(Task task, Map<String, Integer> byService) {
        return Objects.requireNonNull(byService.get(String.valueOf(task.serviceId())));
    }

    private static boolean isThere(Task task) {
        return task.state().compareTo(TaskState.ASSIGNED) >= 0 && task.state().compareTo(TaskState.RUNNING) <= 0;
    }

    private static void onlyLowerOnesGo(Swarm swarm, Map<String, Integer> priorities, Set<String> seen) {
        int leaving = 0;
        for (Task task : swarm.state().tasks()) {
            String by = task.labels().get(PlacementLabels.PREEMPTED_BY);
            if (by == null) {
                continue;
            }
            leaving += isThere(task) ? 1 : 0;
            if (seen.add(task.id())) {
                Task claimant = swarm.state().task(by).orElseThrow();
                assertThat(of(claimant, priorities)).isGreaterThan(of(task, priorities));
                assertThat(claimant.labels()).doesNotContainKey(PlacementLabels.SUCCESSOR_OF_PREEMPTED);
                assertThat(task.desiredState()).isGreaterThanOrEqualTo(TaskState.SHUTDOWN);
            }
        }
        assertThat(leaving).isLessThanOrEqualTo(10);
    }

    private static void noOneWaitsThatMayPreemptAndWouldFit(
            Swarm swarm, Map<String, Integer> priorities, Map<String, Integer> halfCpus) {
        for (Task waiting : swarm.state().tasks()) {
            if (waiting.state() != TaskState.PENDING
                    || !Slot.isLive(waiting)
                    || waiting.labels().containsKey(PlacementLabels.SUCCESSOR_OF_PREEMPTED)) {
                continue;
            }
            int priority = of(waiting, priorities);
            for (Node node : swarm.state().nodes()) {
                long held = swarm.state().tasksOnNode(node.id()).stream()
                        .filter(PreemptionPropertiesTest::isThere)
                        .filter(task -> of(task, priorities) >= priority)
                        .mapToLong(task -> of(task, halfCpus) * HALF_CPU)
                        .sum();
                assertThat(held + of(waiting, halfCpus) * HALF_CPU)
                        .as("what no lower one could give to " + waiting.serviceId())
                        .isGreaterThan(NODE_NANO_CPUS);
            }
        }
    }
}
