package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.bus.schema.VolumeAttachment;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What explanations say of a small swarm. */
@QuarkusTest
class ExplainTest extends ServedCluster {
    @BeforeEach
    void start() {
        cluster.put(
                Fixtures.cluster(),
                Fixtures.node(),
                Fixtures.service(Fixtures.SERVICE, "web", 2),
                Fixtures.revision(Fixtures.SERVICE));
    }

    private static Task running(int number) {
        return Fixtures.task(
                "task" + number, Fixtures.SERVICE, number - 1, TaskState.RUNNING, Fixtures.containerId(number));
    }

    private static Task pending(int number, String why) {
        Task task = running(number);
        return task.withNodeId(null)
                .withStatus(task.status()
                        .with(status -> status.state(TaskState.PENDING).err(why).containerStatus(null)));
    }

    private JsonNode explain(String path) {
        var response = client.get("/explain/" + path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    @Test
    void aServiceThatIsAsWantedHasNoReasons() {
        cluster.put(running(2), running(3));
        JsonNode web = explain("services/web");

        assertThat(web.path("AsWanted").asBoolean()).isTrue();
        assertThat(web.path("Wanted").asText()).isEqualTo("2 replicas of busybox:latest");
        assertThat(web.path("Seen").asText()).isEqualTo("2 running");
        assertThat(texts(web.path("Reasons"))).isEmpty();
    }

    @Test
    void tasksThatWaitForTheSameReasonShareASentenceAndItsRemedy() {
        String why = "no suitable node (insufficient resources on 1 node)";
        cluster.put(pending(2, why), pending(3, why));
        JsonNode web = explain("services/web");

        assertThat(web.path("AsWanted").asBoolean()).isFalse();
        assertThat(web.path("Seen").asText()).isEqualTo("2 pending");
        assertThat(texts(web.path("Reasons"))).containsExactly("web.1, web.2: pending, " + why);
        assertThat(texts(web.path("NextSteps"))).singleElement().asString().contains("--reserve-memory");
    }

    @Test
    void aServiceWhoseTaskFailedForGoodSaysWhyItIsNotRestarted() {
        Task failed = running(3)
                .withDesiredState(TaskState.SHUTDOWN)
                .withStatus(running(3).status().with(status -> status.state(TaskState.FAILED)
                        .err("task: non-zero exit (7)")));
        cluster.put(running(2), failed);

        assertThat(texts(explain("services/web").path("Reasons")))
                .containsExactly(
                        "1 replica without a task that is wanted to run",
                        "web.2: failed at 2026-01-01T12:00:00Z, task: non-zero exit (7); it is not restarted");
    }

    @Test
    void aPausedUpdateIsAReasonWithAWayOut() {
        cluster.put(
                Fixtures.service(Fixtures.SERVICE, "web", 2)
                        .withUpdateStatus(new UpdateStatus(
                                UpdateStatus.State.PAUSED, Fixtures.NOON, null, "update paused due to failure")),
                running(2),
                running(3));
        JsonNode web = explain("services/web");

        assertThat(texts(web.path("Reasons"))).containsExactly("update paused due to failure");
        assertThat(texts(web.path("NextSteps"))).singleElement().asString().contains("docker service rollback");
    }

    private void job(CronStatus.Decision decision, Task... tasks) {
        Instant due = Fixtures.NOON;
        Service web = Fixtures.service(Fixtures.SERVICE, "web", 1);
        cluster.put(web.with(service -> service.spec(
                        web.spec().withMode(new ServiceMode(null, null, new ServiceMode.ReplicatedJob(2L, 2L), null)))
                .jobStatus(new JobStatus(new ObjectVersion(3), due))
                .cronStatus(new CronStatus("0 12 * * *", "UTC", due, decision, due.plus(Duration.ofDays(1))))));
        cluster.put(tasks);
    }

    private static Task ofJob(int number, TaskState state) {
        Task task = running(number);
        return task.with(each -> each.jobIteration(new ObjectVersion(3))
                .desiredState(state == TaskState.RUNNING ? TaskState.COMPLETE : TaskState.SHUTDOWN)
                .status(task.status().with(status -> status.state(state)
                        .err(state == TaskState.FAILED ? "task: non-zero exit (7)" : null))));
    }

    @Test
    void aJobWithAScheduleTellsHowItWentLastAndWhenItIsNext() {
        job(CronStatus.Decision.STARTED, ofJob(2, TaskState.COMPLETE), ofJob(3, TaskState.COMPLETE));
        JsonNode web = explain("services/web");

        assertThat(web.path("AsWanted").asBoolean()).isTrue();
        assertThat(web.path("Wanted").asText())
                .isEqualTo(
                        "2 tasks of busybox:latest run to their end, each time of the schedule \"0 12 * * *\" in UTC");
        assertThat(texts(web.path("Details"))).contains("executed last at 2026-01-01T12:00:00Z: 2 complete");
        assertThat(texts(web.path("NextSteps"))).containsExactly("next execution at 2026-01-02T12:00:00Z");
    }

    @Test
    void anExecutionThatWasLeftOutSaysWhy() {
        job(CronStatus.Decision.SKIPPED, ofJob(2, TaskState.RUNNING));
        assertThat(texts(explain("services/web").path("Reasons")))
                .containsExactly("execution due at 2026-01-01T12:00:00Z skipped: the one before was under way");

        job(CronStatus.Decision.MISSED);
        assertThat(texts(explain("services/web").path("Reasons")))
                .containsExactly("execution due at 2026-01-01T12:00:00Z missed: no manager was there within 1h");
    }

    @Test
    void anExecutionThatLacksATaskNamesIt() {
        job(CronStatus.Decision.STARTED, ofJob(2, TaskState.COMPLETE), ofJob(3, TaskState.FAILED));
        assertThat(texts(explain("services/web").path("Reasons")))
                .containsExactly("the last execution lacks web.2: failed, task: non-zero exit (7)");
    }

    @Test
    void aTaskTellsWhenItsRestartDelayIsOver() {
        Task failed = running(2)
                .withDesiredState(TaskState.SHUTDOWN)
                .withStatus(running(2).status().with(status -> status.state(TaskState.FAILED)
                        .err("task: non-zero exit (1)")));
        Task successor = running(3).with(task -> task.slot(1L)
                .createdAt(Fixtures.NOON.plusSeconds(1))
                .desiredState(TaskState.READY)
                .status(running(3).status().withState(TaskState.READY).withMessage("prepared")));
        cluster.put(failed, successor);

        JsonNode task = explain("tasks/web.1");
        assertThat(task.path("ID").asText()).isEqualTo("task3");
        assertThat(task.path("Wanted").asText()).isEqualTo("prepared, to run when its turn comes");
        assertThat(texts(task.path("NextSteps"))).containsExactly("it is started at 2026-01-01T12:00:06Z");
        assertThat(texts(explain("tasks/task2").path("NextSteps")))
                .containsExactly("it was replaced by web.1.task3, which is ready");
        assertThat(texts(explain("services/web").path("Reasons")))
                .contains("web.1: restarted at 2026-01-01T12:00:06Z when its restart delay is over; before, task:"
                        + " non-zero exit (1)");
    }

    @Test
    void aNodeTellsWhyItTakesNoTasksAndWhatIsOnIt() {
        Node node = Fixtures.node();
        cluster.put(
                running(2),
                node.withStatus(new NodeStatus(NodeState.DOWN, "", "10.0.0.1"))
                        .withSpec(node.spec().withAvailability(NodeSpec.Availability.DRAIN)));
        JsonNode web1 = explain("nodes/web1");

        assertThat(web1.path("Wanted").asText()).isEqualTo("is free of tasks");
        assertThat(web1.path("Seen").asText()).isEqualTo("down, 1 task and 0 containers of no service");
        assertThat(texts(web1.path("Reasons")))
                .containsExactly(
                        "1 task not stopped yet: web.1", "down since 2026-01-01T12:00:00Z: nothing is heard of it");
        assertThat(texts(web1.path("Details")))
                .contains("tasks: 1 running: web.1", "reserved: 0.00 of 2.00 CPUs, 0KiB of 1024MiB memory");
    }

    @Test
    void aContainerTellsHowItEndedAndWhetherAnythingStartsItAgain() {
        cluster.put(Fixtures.plain(5, "db", "exited").with(c -> c.starts(1).observed(2)));
        JsonNode db = explain("containers/db");

        assertThat(db.path("Seen").asText()).isEqualTo("exited on web1");
        assertThat(texts(db.path("Reasons"))).containsExactly("its process ended with exit code 3");
        assertThat(texts(db.path("NextSteps")))
                .contains("nothing starts it again: it has no restart policy; docker start does");
        assertThat(db.path("History").findValuesAsText("What"))
                .contains("created", "process started", "process ended with 3");
    }

    @Test
    void aClusterVolumeTellsWhoUsesItAndWhatItsPluginIsAskedFor() {
        SwarmVolume data = Fixtures.clusterVolume("vol1", "data");
        cluster.put(
                data.with(volume -> volume.publications(List.of(new SwarmVolume.Publication(
                                Fixtures.NODE, 1, ClusterVolume.PublishState.PUBLISHED, "n-1", Map.of(), null)))
                        .spec(data.spec().withAvailability(ClusterVolumeSpec.Availability.DRAIN))),
                running(2).withVolumes(List.of(new VolumeAttachment("vol1", "data", "/data"))));
        JsonNode used = explain("volumes/data");

        assertThat(used.path("Wanted").asText()).isEqualTo("is free of tasks");
        assertThat(used.path("Seen").asText()).isEqualTo("made, published on web1");
        assertThat(texts(used.path("Reasons"))).containsExactly("1 task not stopped yet: web.1");
        assertThat(texts(used.path("NextSteps")))
                .containsExactly("docker volume update --availability active data lets it take tasks again");
        assertThat(texts(explain("tasks/task2").path("Details")))
                .containsExactly("volume at /data: data, of plugin csi.example.org: drained, made, published on web1");

        cluster.put(data.with(volume -> volume.info(null)
                .operation(new SwarmVolume.Operation(1, SwarmVolume.OperationKind.CREATE, Fixtures.NODE, null))
                .message("no space left")));
        JsonNode unmade = explain("volumes/vol1");
        assertThat(unmade.path("Wanted").asText()).isEqualTo("takes tasks: one at a time, on one node at a time");
        assertThat(texts(unmade.path("Reasons"))).containsExactly("no space left", "its plugin has not made it yet");
        assertThat(texts(unmade.path("NextSteps")))
                .containsExactly("plugin csi.example.org on web1 is asked to make it, again and again until it does");
    }

    @Test
    void aServiceTellsOfTheClusterVolumesItMounts() {
        Service web = Fixtures.service(Fixtures.SERVICE, "web", 1);
        TaskSpec template = Objects.requireNonNull(web.spec().taskTemplate());
        ContainerSpec container = Objects.requireNonNull(template.containerSpec());
        cluster.put(
                web.withSpec(web.spec()
                        .withTaskTemplate(template.withContainerSpec(container.withMounts(
                                List.of(mount("data", "/a"), mount("group:fast", "/b"), mount("gone", "/c")))))),
                Fixtures.clusterVolume("vol1", "data").withMessage("its node is down"),
                Fixtures.clusterVolume("vol2", "ssd")
                        .withSpec(Fixtures.clusterVolume("vol2", "ssd").spec().withGroup("fast")),
                pending(2, "no suitable node (cannot fulfill requested CSI volume mounts on 1 node)"));

        JsonNode explained = explain("services/web");
        assertThat(texts(explained.path("Details")))
                .containsExactly(
                        "volume at /a: data, of plugin csi.example.org: made, on no node: its node is down",
                        "volume at /b: any of group fast (ssd)",
                        "volume at /c: gone, which is not there: docker volume create makes it");
        assertThat(texts(explained.path("NextSteps")))
                .singleElement()
                .asString()
                .contains("explain volume NAME");
    }

    private static Mount mount(String source, String target) {
        return MountBuilder.builder()
                .type(Mount.MountType.CLUSTER)
                .source(source)
                .target(target)
                .build();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        for (String kind : List.of("services", "tasks", "nodes", "containers", "volumes")) {
            assertThat(client.get("/explain/" + kind + "/nope").statusCode()).isEqualTo(404);
        }
        assertThat(client.get("/explain/networks/nope").statusCode()).isEqualTo(404);
    }
}
