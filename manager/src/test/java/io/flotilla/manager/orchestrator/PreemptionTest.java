package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.hostPort;
import static io.flotilla.manager.orchestrator.Specs.placed;
import static io.flotilla.manager.orchestrator.Specs.prioritized;
import static io.flotilla.manager.orchestrator.Specs.reserving;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Nodes have 4 CPUs and 8 GiB each. */
class PreemptionTest {
    private static final long CPU = 1_000_000_000L;

    private static ServiceSpec cpus(String name, long replicas, long cpus) {
        return reserving(Swarm.replicated(name, replicas), cpus * CPU, 0);
    }

    private static List<Task> preempted(Swarm swarm, String service) {
        return swarm.tasks(service).stream()
                .filter(task -> task.labels().containsKey("flotilla.preempted-by"))
                .toList();
    }

    @Test
    void taskThatFitsNowhereTakesTheRoomOfALowerOneWhichWaitsForItsOwn() {
        Swarm swarm = Swarm.withNodes(1)
                .create(cpus("batch", 2, 2))
                .settle()
                .create(prioritized(cpus("web", 1, 2), 10))
                .pass(Duration.ofSeconds(10));

        assertThat(swarm.running("web")).hasSize(1);
        assertThat(swarm.running("batch")).hasSize(1);
        assertThat(preempted(swarm, "batch")).singleElement().satisfies(task -> {
            assertThat(task.desiredState()).isEqualTo(TaskState.SHUTDOWN);
            assertThat(task.labels())
                    .containsEntry("flotilla.preempted-reason", "preempted by service web (priority 10)")
                    .containsEntry(
                            "flotilla.preempted-by",
                            swarm.tasks("web").getFirst().id());
        });
        assertThat(swarm.tasks("batch"))
                .filteredOn(task -> task.state() == TaskState.PENDING)
                .singleElement()
                .satisfies(task -> assertThat(task.status().err()).contains("insufficient resources"));

        swarm.remove("web").pass(Duration.ofSeconds(10));
        assertThat(swarm.running("batch")).hasSize(2);
    }

    @Test
    void theSameAndHigherPrioritiesAreLeftAlone() {
        Swarm swarm = Swarm.withNodes(1)
                .create(prioritized(cpus("same", 1, 2), 5))
                .create(prioritized(cpus("higher", 1, 2), 6))
                .settle()
                .create(prioritized(cpus("web", 1, 2), 5))
                .pass(Duration.ofMinutes(2));

        assertThat(swarm.running("same")).hasSize(1);
        assertThat(swarm.running("higher")).hasSize(1);
        assertThat(swarm.tasks("web").getFirst().state()).isEqualTo(TaskState.PENDING);
    }

    /** Without it the one that made it go would wait for it again, and so on without end. */
    @Test
    void whatAServiceDependsOnIsNotMadeToGoForIt() {
        Swarm swarm = Swarm.withNodes(1)
                .create(cpus("db", 1, 2))
                .create(dependingOn(cpus("cache", 1, 2), "db:healthy"))
                .settle()
                .create(dependingOn(prioritized(cpus("web", 1, 1), 10), "cache:healthy"))
                .pass(Duration.ofMinutes(2));

        assertThat(preempted(swarm, "db")).isEmpty();
        assertThat(preempted(swarm, "cache")).isEmpty();
        assertThat(swarm.tasks("web"))
                .singleElement()
                .satisfies(task -> assertThat(task.status().err()).contains("insufficient resources"));
    }

    private static ServiceSpec dependingOn(ServiceSpec spec, String on) {
        Map<String, String> labels = new HashMap<>(spec.labels());
        labels.put("flotilla.depends_on", on);
        return spec.withLabels(labels);
    }

    @Test
    void nobodyGoesWhenThatWouldNotHelp() {
        Swarm swarm = Swarm.withNodes(1)
                .create(cpus("batch", 2, 2))
                .settle()
                .create(prioritized(cpus("huge", 1, 5), 10))
                .create(prioritized(
                        placed(
                                cpus("elsewhere", 1, 1),
                                placement -> placement.constraints(List.of("node.labels.zone==x"))),
                        10))
                .pass(Duration.ofMinutes(1));

        assertThat(swarm.running("batch")).hasSize(2);
        assertThat(preempted(swarm, "batch")).isEmpty();
    }

    @Test
    void theFewestAndThenTheLowestTasksGo() {
        Swarm swarm = Swarm.withNodes(2)
                .create(placed(cpus("small", 4, 1), on -> on.constraints(List.of("node.id==node1"))))
                .create(placed(prioritized(cpus("large", 1, 2), 2), on -> on.constraints(List.of("node.id==node2"))))
                .create(placed(prioritized(cpus("larger", 1, 2), 3), on -> on.constraints(List.of("node.id==node2"))))
                .settle()
                .create(prioritized(cpus("web", 1, 2), 10))
                .pass(Duration.ofSeconds(10));

        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactly("node2");
        assertThat(preempted(swarm, "large")).hasSize(1);
        assertThat(preempted(swarm, "larger")).isEmpty();
        assertThat(preempted(swarm, "small")).isEmpty();
    }

    @Test
    void holderOfAWantedPortMakesRoom() {
        Swarm swarm = Swarm.withNodes(1)
                .create(hostPort(Swarm.replicated("low", 1), 8080))
                .settle()
                .create(prioritized(hostPort(Swarm.replicated("web", 1), 8080), 1))
                .pass(Duration.ofSeconds(10));

        assertThat(swarm.running("web")).hasSize(1);
        assertThat(preempted(swarm, "low")).hasSize(1);
    }

    @Test
    void oneThatHadToGoMakesNobodyElseGo() {
        Swarm swarm = Swarm.withNodes(1)
                .create(cpus("lowest", 1, 2))
                .create(prioritized(cpus("middle", 1, 2), 5))
                .settle();
        // room for the highest is made by the lowest, then by the middle one
        swarm.create(prioritized(cpus("highest", 2, 2), 10)).pass(Duration.ofMinutes(1));
        assertThat(swarm.running("highest")).hasSize(2);
        assertThat(preempted(swarm, "middle")).hasSize(1);

        swarm.scale("highest", 1).pass(Duration.ofMinutes(1));
        // by priority, what is free goes to the middle one
        assertThat(swarm.running("middle")).hasSize(1);
        assertThat(swarm.running("lowest")).isEmpty();
        assertThat(preempted(swarm, "lowest")).hasSize(1);
    }

    @Test
    void lowTasksDoNotSlipIntoRoomThatIsBeingMade() {
        Swarm swarm = Swarm.withNodes(1).create(cpus("batch", 3, 1)).settle();
        Task stubborn = swarm.running("batch").getFirst();
        swarm.running("batch").forEach(swarm::stuck);
        swarm.create(prioritized(cpus("web", 1, 2), 10)).pass(Duration.ofSeconds(5));
        assertThat(preempted(swarm, "batch")).hasSize(1);

        // one CPU is free, but kept for the task that waits for a second one
        swarm.create(cpus("late", 1, 1)).settle();
        assertThat(swarm.running("late")).isEmpty();
        assertThat(swarm.tasks("late").getLast().status().err()).contains("held for a task of higher priority: 1 node");
        swarm.end(preempted(swarm, "batch").getFirst(), TaskState.SHUTDOWN).pass(Duration.ofSeconds(10));
        assertThat(swarm.running("web")).hasSize(1);
        assertThat(stubborn).isNotNull();
    }

    @Test
    void taskThatWouldNotComeBackIsLeftAlone() {
        ServiceSpec batch = cpus("batch", 2, 2);
        ServiceSpec once = batch.withTaskTemplate(Objects.requireNonNull(batch.taskTemplate())
                .withRestartPolicy(ServiceRestartPolicyBuilder.builder()
                        .condition(ServiceRestartPolicy.Condition.NONE)
                        .build()));
        Swarm swarm = Swarm.withNodes(1)
                .create(once)
                .settle()
                .create(prioritized(cpus("web", 1, 2), 10))
                .pass(Duration.ofMinutes(1));

        assertThat(swarm.running("batch")).hasSize(2);
        assertThat(swarm.running("web")).isEmpty();
    }

    @Test
    void taskOfAGlobalServiceMakesRoomOnItsNodeAndComesBackThere() {
        Swarm swarm = Swarm.withNodes(2)
                .create(reserving(Swarm.global("agent"), 3 * CPU, 0))
                .settle()
                .create(prioritized(cpus("web", 1, 4), 10))
                .pass(Duration.ofSeconds(10));
        String taken = String.valueOf(swarm.running("web").getFirst().nodeId());
        assertThat(swarm.running("agent")).hasSize(1);

        swarm.remove("web").pass(Duration.ofSeconds(10));
        assertThat(swarm.running("agent")).hasSize(2).extracting(Task::nodeId).contains(taken);
    }

    @Test
    void atMostTenAreOnTheirWayOut() {
        Swarm swarm = Swarm.withNodes(8).create(cpus("batch", 32, 1)).settle();
        swarm.running("batch").forEach(swarm::stuck);
        swarm.create(prioritized(cpus("web", 32, 1), 1)).pass(Duration.ofMinutes(3));

        assertThat(preempted(swarm, "batch")).hasSize(10);
        assertThat(swarm.running("batch")).hasSize(22);
    }

    @Test
    void newLeaderGoesOnWithThePreemptionAndStartsNoSecond() {
        Swarm swarm = Swarm.withNodes(2).create(cpus("batch", 4, 2)).settle();
        swarm.running("batch").forEach(swarm::stuck);
        swarm.create(prioritized(cpus("web", 1, 2), 10)).settle().newLeader().pass(Duration.ofSeconds(20));

        assertThat(preempted(swarm, "batch")).hasSize(1);
        swarm.end(preempted(swarm, "batch").getFirst(), TaskState.SHUTDOWN).pass(Duration.ofSeconds(5));
        assertThat(swarm.running("web")).hasSize(1);
        assertThat(swarm.running("batch")).hasSize(3);
    }
}
