package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Where tasks go and why some go nowhere, as a user of the stock docker client sees it on one machine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PlacementIT {
    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("place");
        host.flotilla(
                        "up",
                        "--node-name",
                        "web1",
                        "--generic-resource",
                        "gpu=UUID1,gpu=UUID2",
                        "--generic-resource",
                        "apple=3")
                .ok();
        host.docker("swarm", "init").ok();
        host.load("busybox");
    }

    @AfterEach
    void removeServices() {
        List<String> services = host.docker("service", "ls", "-q").lines();
        services.forEach(service -> host.docker("service", "rm", service).ok());
        eventually("no container of a service", () -> host.docker("ps", "-q").lines(), List::isEmpty);
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private void create(String name, String... options) {
        List<String> words = new ArrayList<>(List.of("service", "create", "-d", "--name", name));
        words.addAll(List.of(options));
        words.addAll(List.of("busybox", "sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"));
        host.docker(words.toArray(String[]::new)).ok();
    }

    private List<String> tasks(String service) {
        return host.docker("service", "ps", "--no-trunc", "--format", "{{.CurrentState}}|{{.Error}}", service)
                .lines();
    }

    private void awaitReason(String service, String reason) {
        eventually(service + " waits with " + reason, () -> tasks(service), tasks -> tasks.stream()
                .anyMatch(task -> task.contains("Pending") && task.contains(reason)));
    }

    @Test
    void anUnmetConstraintIsNamedWithTheNodeUntilItIsMet() {
        create(
                "web",
                "--constraint",
                "node.labels.zone==east",
                "--placement-pref",
                "spread=node.labels.zone",
                "--label",
                "flotilla.placement=binpack");
        awaitReason(
                "web",
                "no suitable node (scheduling constraints not satisfied on 1 node): web1 does not meet"
                        + " node.labels.zone==east");
        host.docker("node", "update", "--label-add", "zone=east", "web1").ok();
        host.awaitRunning("web", 1);
    }

    @Test
    void reservationsBeyondTheNodeWaitAndSayWhatIsThere() {
        create("cpus", "--reserve-cpu", "5000");
        create("memory", "--reserve-memory", "900g");
        awaitReason("cpus", "no suitable node (insufficient resources on 1 node): web1 has ");
        awaitReason("cpus", " CPUs free, 5000 wanted");
        awaitReason("memory", " memory free, 900GiB wanted");
    }

    @Test
    void genericResourcesAreGivenByNameAndTold() {
        assertThat(host.docker("node", "inspect", "-f", "{{json .Description.Resources.GenericResources}}", "self")
                        .ok())
                .contains("{\"NamedResourceSpec\":{\"Kind\":\"gpu\",\"Value\":\"UUID1\"}}")
                .contains("{\"DiscreteResourceSpec\":{\"Kind\":\"apple\",\"Value\":3}}");
        create("train", "--generic-resource", "gpu=1", "--generic-resource", "apple=1", "--replicas", "3");
        awaitReason("train", "no suitable node (insufficient resources on 1 node): web1 has 0 of 2 gpu free, 1 wanted");
        List<String> containers = eventually("two run", () -> host.containers("train"), list -> list.size() == 2);
        assertThat(containers.stream().map(container -> host.docker(
                                "exec", container, "sh", "-c", "echo $DOCKER_RESOURCE_GPU $DOCKER_RESOURCE_APPLE")
                        .ok()))
                .containsExactlyInAnyOrder("UUID1 1", "UUID2 1");
    }

    @Test
    void noMoreReplicasThanTheMaximumOfANode() {
        create("web", "--replicas", "2", "--replicas-max-per-node", "1");
        awaitReason("web", "no suitable node (max replicas per node limit exceed): web1 has 1 of at most 1");
    }

    @Test
    void labelsThatMeanNothingAreRefused() {
        assertThat(host.docker("service", "create", "-d", "--label", "flotilla.placement=tetris", "busybox")
                        .err())
                .contains("invalid label flotilla.placement=tetris: must be spread or binpack");
        assertThat(host.docker("service", "create", "-d", "--label", "flotilla.priority=high", "busybox")
                        .err())
                .contains("invalid label flotilla.priority=high: must be an integer");
    }

    @Test
    void higherPriorityTakesTheRoomOfALowerOneUntilItGoes() {
        create("batch", "--generic-resource", "apple=3");
        host.awaitRunning("batch", 1);
        create("web", "--generic-resource", "apple=2", "--label", "flotilla.priority=10");
        host.awaitRunning("web", 1);

        assertThat(tasks("batch"))
                .anyMatch(task -> task.contains("Shutdown") && task.contains("preempted by service web (priority 10)"));
        awaitReason("batch", "web1 has 1 of 3 apple free, 3 wanted");
        // an event is published after what it tells of can be seen
        eventually(
                "the preemption is told",
                () -> host.docker(
                                "events",
                                "--since",
                                "10m",
                                "--until",
                                "0s",
                                "--filter",
                                "event=preempt",
                                "--format",
                                "{{.Type}} {{.Actor.Attributes.name}}: {{.Actor.Attributes.reason}}")
                        .ok(),
                "service batch: preempted by service web (priority 10)"::equals);
        host.docker("service", "rm", "web").ok();
        host.awaitRunning("batch", 1);
    }

    @Test
    void aDrainedNodeIsNamedAndTakesItsTasksBack() {
        create("web", "--replicas", "2");
        host.awaitRunning("web", 2);
        host.docker("node", "update", "--availability", "drain", "web1").ok();
        awaitReason("web", "no suitable node (1 node not available for new tasks): web1 is drained");
        host.docker("node", "update", "--availability", "active", "web1").ok();
        host.awaitRunning("web", 2);
    }
}
