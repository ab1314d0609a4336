package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateConfigBuilder;
import io.flotilla.manager.scheduler.Dependency;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Services that wait for others before their first start. */
class DependsOnTest {
    private final Swarm swarm = Swarm.withNodes(2);

    private static ServiceSpec dependent(String name, String on) {
        return Swarm.replicated(name, 2).withLabels(Map.of(Dependency.LABEL, on));
    }

    private List<String> reasons(String service) {
        return swarm.tasks(service).stream()
                .filter(task -> task.state() == TaskState.PENDING)
                .map(task -> String.valueOf(task.status().err()))
                .distinct()
                .toList();
    }

    @Test
    void aServiceWaitsForOneThatIsNotThereYet() {
        swarm.create(dependent("web", "db")).settle();
        assertThat(reasons("web")).containsExactly("waiting for service db to be created");

        swarm.create(Swarm.replicated("db", 1)).settle();
        assertThat(swarm.running("web")).hasSize(2);
        assertThat(swarm.running("web")).allMatch(task -> task.status().err() == null);
    }

    @Test
    void startedNeedsOneRunningTaskAndHealthyAllOfThem() {
        swarm.fate(task -> "db".equals(task.serviceId()) && Objects.equals(task.slot(), 2L)
                ? TaskState.STARTING
                : TaskState.RUNNING);
        swarm.create(dependent("first", "db:started")).create(dependent("second", "db:service_healthy"));
        swarm.create(Swarm.replicated("db", 2)).settle();
        assertThat(swarm.running("first")).hasSize(2);
        assertThat(reasons("second")).containsExactly("waiting for service db to be healthy");

        swarm.fate(task -> TaskState.RUNNING).settle();
        assertThat(swarm.running("second")).hasSize(2);
    }

    @Test
    void completedNeedsAJobThatIsDone() {
        swarm.create(dependent("web", "migrate:completed,other:completed"));
        swarm.create(Swarm.replicated("migrate", 1)
                .withMode(new ServiceMode(null, null, new ServiceMode.ReplicatedJob(1L, 2L), null)));
        swarm.create(Swarm.replicated("other", 1)).settle();
        assertThat(reasons("web"))
                .containsExactly("waiting for service migrate to be completed; waiting for service other to be"
                        + " completed, which it never is: it is no job");
        swarm.update("web", spec -> spec.withLabels(Map.of(Dependency.LABEL, "migrate:completed")));

        swarm.end(swarm.running("migrate").getFirst(), TaskState.COMPLETE).settle();
        assertThat(swarm.running("web")).isEmpty();
        swarm.end(swarm.running("migrate").getFirst(), TaskState.COMPLETE).settle();
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void healthyOfAGlobalServiceIsOneTaskOnEachNode() {
        swarm.fate(task -> "agent".equals(task.serviceId()) && "node2".equals(task.nodeId())
                ? TaskState.STARTING
                : TaskState.RUNNING);
        swarm.create(dependent("web", "agent:healthy")).create(Swarm.global("agent"));
        swarm.settle();
        assertThat(reasons("web")).containsExactly("waiting for service agent to be healthy");

        swarm.fate(task -> TaskState.RUNNING).settle();
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void withoutANodeAGlobalServiceIsNotHealthy() {
        swarm.create(dependent("web", "agent:healthy"))
                .create(GlobalServiceTest.constrained(Swarm.global("agent"), "node.labels.x==y"))
                .settle();
        assertThat(reasons("web")).containsExactly("waiting for service agent to be healthy");
    }

    @Test
    void aGlobalJobIsCompletedWhenNoneOfItsTasksIsUnderWay() {
        swarm.create(dependent("web", "migrate:completed")).create(Swarm.globalJob("migrate"));
        swarm.settle();
        swarm.end(swarm.running("migrate").getFirst(), TaskState.COMPLETE).settle();
        assertThat(reasons("web")).containsExactly("waiting for service migrate to be completed");
        swarm.end(swarm.running("migrate").getFirst(), TaskState.COMPLETE).settle();
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void onlyTheJobsPresentExecutionCounts() {
        swarm.create(Swarm.replicatedJob("migrate", 1, 1)).settle();
        swarm.end(swarm.running("migrate").getFirst(), TaskState.COMPLETE).settle();
        swarm.update("migrate", spec -> spec).settle();
        swarm.create(dependent("web", "migrate:completed")).settle();
        assertThat(reasons("web")).containsExactly("waiting for service migrate to be completed");
        swarm.end(swarm.running("migrate").getFirst(), TaskState.COMPLETE).settle();
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void aLabelNamesAtMost32Services() {
        assertThat(Dependency.malformed(dependent("web", "a,".repeat(31) + "b")))
                .isEmpty();
        assertThat(Dependency.malformed(dependent("web", "a,".repeat(32) + "b")))
                .contains("label flotilla.depends_on names 33 services: the limit is 32");
    }

    @Test
    void onceStartedAServiceNeitherStopsNorWaitsAgain() {
        swarm.create(Swarm.replicated("db", 1))
                .create(dependent("web", "db:healthy"))
                .settle();
        assertThat(swarm.running("web")).hasSize(2);

        swarm.remove("db").settle();
        assertThat(swarm.running("web")).hasSize(2);
        swarm.end(swarm.running("web").getFirst(), TaskState.FAILED).pass(Duration.ofSeconds(10));
        assertThat(swarm.running("web")).hasSize(2);
        swarm.scale("web", 4).newLeader().settle();
        assertThat(swarm.running("web")).hasSize(4);
    }

    @Test
    void servicesThatWaitForEachOtherSaySo() {
        swarm.create(dependent("a", "b")).create(dependent("b", "c")).create(dependent("c", "a"));
        swarm.settle();

        assertThat(reasons("a"))
                .containsExactly("waiting for service b to be started, which never is: they wait for each other,"
                        + " a -> b -> c -> a");
        swarm.update("c", spec -> spec.withLabels(Map.of())).settle();
        assertThat(swarm.running("a")).hasSize(2);
    }

    @Test
    void aNameMeansTheServiceOfTheSameStack() {
        String stack = "com.docker.stack.namespace";
        swarm.create(Swarm.replicated("db", 1)).settle();
        swarm.create(Swarm.replicated("shop_web", 1).withLabels(Map.of(stack, "shop", Dependency.LABEL, "db")));
        swarm.settle();
        assertThat(swarm.running("shop_web")).hasSize(1);

        swarm.fate(task -> "shop2_db".equals(task.serviceId()) ? TaskState.STARTING : TaskState.RUNNING);
        swarm.create(Swarm.replicated("shop2_db", 1));
        swarm.create(Swarm.replicated("shop2_web", 1).withLabels(Map.of(stack, "shop2", Dependency.LABEL, "db")));
        swarm.settle();
        assertThat(reasons("shop2_web")).containsExactly("waiting for service db to be started");
    }

    @Test
    void globalServicesWaitToo() {
        swarm.create(Swarm.global("agent").withLabels(Map.of(Dependency.LABEL, "db")))
                .settle();
        assertThat(reasons("agent")).containsExactly("waiting for service db to be created");

        swarm.create(Swarm.replicated("db", 1)).settle();
        assertThat(swarm.running("agent")).extracting(Task::nodeId).containsExactlyInAnyOrder("node1", "node2");
    }

    @Test
    void aNewLeaderHoldsBackWhatTheOldOneDid() {
        swarm.create(dependent("web", "db")).settle();
        swarm.newLeader().settle();
        assertThat(swarm.running("web")).isEmpty();
        swarm.create(Swarm.replicated("db", 1)).settle();
        assertThat(swarm.running("web")).hasSize(2);
    }

    /** Looking for tasks to make room for, as is done where there are priorities, forgets none that waits. */
    @Test
    void aRollbackToASpecThatDependsOnNothingEndsTheWait() {
        UpdateConfig back = UpdateConfigBuilder.builder()
                .parallelism(1L)
                .failureAction(UpdateConfig.FailureAction.ROLLBACK)
                .build();
        swarm.create(Specs.prioritized(Swarm.replicated("low", 1), -1));
        swarm.create(GlobalServiceTest.constrained(Swarm.replicated("web", 2), "node.labels.x==y")
                        .withUpdateConfig(back))
                .settle();
        swarm.update("web", spec -> Swarm.withImage(spec, "nginx:2").withLabels(Map.of(Dependency.LABEL, "db")));
        swarm.newLeader().pass(Duration.ofMinutes(9));
        assertThat(reasons("web")).contains("waiting for service db to be created");

        swarm.pass(Duration.ofMinutes(2));
        assertThat(reasons("web")).isNotEmpty().allMatch(reason -> reason.startsWith("no suitable node"));
        swarm.label("node1", "x", "y").pass(Duration.ofMinutes(1));
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void malformedLabelsAreNamed() {
        assertThat(Dependency.malformed(dependent("web", "db:ready")))
                .hasValueSatisfying(problem -> assertThat(problem).contains("\"db:ready\" is not SERVICE[:CONDITION]"));
        assertThat(Dependency.malformed(dependent("web", "db,,x"))).isPresent();
        assertThat(Dependency.malformed(dependent("web", "a,".repeat(40) + "b")))
                .isPresent();
        assertThat(Dependency.malformed(dependent("web", "db:healthy, cache"))).isEmpty();
    }
}
