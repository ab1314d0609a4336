package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.filters;
import static io.flotilla.gateway.ApiClient.json;
import static io.flotilla.gateway.ApiClient.message;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.CapacityRange;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.VolumeAttachment;
import io.quarkus.test.junit.QuarkusTest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Volumes of the whole swarm: what clients see of them and managers are asked, beside the volumes of nodes. */
@QuarkusTest
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ClusterVolumeApiTest extends ServedCluster {
    private static final String ID = "volumeaaaaaaaaaaaaaaaaaaa";
    private static final String CREATE = """
            {"Name":"data","Driver":"csi.example.org","DriverOpts":{"tier":"fast"},"Labels":{"a":"b"},
             "ClusterVolumeSpec":{"AccessMode":{"Scope":"single","Sharing":"none","MountVolume":{}},
               "AccessibilityRequirements":{},"CapacityRange":{"RequiredBytes":0,"LimitBytes":0},
               "Availability":"active"}}""";

    @BeforeEach
    void start() {
        cluster.put(Fixtures.cluster(), Fixtures.node());
    }

    private HttpResponse<String> put(String path, String json) {
        return client.send("PUT", path, json, "application/json");
    }

    private HttpResponse<String> delete(String path) {
        return client.send("DELETE", path, null, null);
    }

    private List<String> names(String path) {
        return json(client.get(path)).path("Volumes").findValuesAsText("Name");
    }

    private Command onlyCommand() {
        assertThat(cluster.commands).hasSize(1);
        return cluster.commands.removeFirst();
    }

    @Test
    void aClusterVolumeIsOrderedFromTheManagersAndShownAtOnce() {
        cluster.answer = command -> {
            var create = ((Command.CreateClusterVolume) command).create();
            cluster.put(Fixtures.clusterVolume(ID, "data").with(volume -> volume.info(null)
                    .options(create.driverOpts())
                    .labels(create.labels())
                    .spec(Objects.requireNonNull(create.clusterVolumeSpec()))));
            return new Reply.Done(cluster.index(), ID, List.of(), List.of(), null);
        };
        HttpResponse<String> made = client.post("/volumes/create", CREATE);

        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        assertThat(json(made)).isEqualTo(Fixtures.json("""
                        {"Name":"data","Driver":"csi.example.org","Mountpoint":"","CreatedAt":"2026-01-01T12:00:00Z",
                         "Labels":{"a":"b"},"Scope":"global","Options":{"tier":"fast"},
                         "ClusterVolume":{"ID":"%s","Version":{"Index":%d},
                           "CreatedAt":"2026-01-01T12:00:00Z","UpdatedAt":"2026-01-01T12:00:00Z",
                           "Spec":{"AccessMode":{"Scope":"single","Sharing":"none","MountVolume":{}},
                             "AccessibilityRequirements":{},"CapacityRange":{"RequiredBytes":0,"LimitBytes":0},
                             "Availability":"active"}}}""".formatted(ID, cluster.index())));
        for (String name : List.of("data", ID)) {
            assertThat(json(client.get("/volumes/" + name))).isEqualTo(json(made));
        }
        assertThat(cluster.volumes.calls).isEmpty();
    }

    @Test
    void whatKeepsAVolumeFromBeingAsWantedIsItsStatus() {
        SwarmVolume data = Fixtures.clusterVolume(ID, "data");
        cluster.put(data.with(volume -> volume.message("no space left")
                .info(new ClusterVolume.Info(
                        5L, Map.of("k", "v"), "plugin-1", List.of(new Topology(Map.of("zone", "z1")))))
                .publications(List.of(
                        new SwarmVolume.Publication(
                                Fixtures.NODE,
                                1,
                                ClusterVolume.PublishState.PUBLISHED,
                                "n-1",
                                Map.of("lun", "3"),
                                "busy"),
                        new SwarmVolume.Publication(
                                "other",
                                2,
                                ClusterVolume.PublishState.PENDING_NODE_UNPUBLISH,
                                null,
                                Map.of(),
                                null)))));
        JsonNode shown = json(client.get("/volumes/data"));

        assertThat(shown.path("Status")).isEqualTo(Fixtures.json("{\"Message\":\"no space left; web1: busy\"}"));
        assertThat(shown.path("ClusterVolume").path("Info")).isEqualTo(Fixtures.json("""
                {"CapacityBytes":5,"VolumeContext":{"k":"v"},"VolumeID":"plugin-1",
                 "AccessibleTopology":[{"Segments":{"zone":"z1"}}]}"""));
        assertThat(shown.path("ClusterVolume").path("PublishStatus"))
                .hasToString("[{\"NodeID\":\"" + Fixtures.NODE
                        + "\",\"State\":\"published\",\"PublishContext\":{\"lun\":\"3\"}},"
                        + "{\"NodeID\":\"other\",\"State\":\"pending-node-unpublish\"}]");
    }

    @Test
    void aRemovedVolumeSaysSoUntilItsPluginHasDeletedIt() {
        cluster.put(Fixtures.clusterVolume(ID, "data")
                .with(volume -> volume.pendingDelete(true).message("no cable")));

        assertThat(json(client.get("/volumes/data"))
                        .path("Status")
                        .path("Message")
                        .asText())
                .isEqualTo("removed, and not deleted by its plugin yet; no cable");
    }

    @Test
    void anUpdateAsksForWhatDiffersFromWhatTheClientSaw() {
        SwarmVolume data = Fixtures.clusterVolume(ID, "data")
                .with(volume -> volume.spec(volume.spec().withCapacityRange(new CapacityRange(5L, null))));
        cluster.put(data);
        JsonNode spec = json(client.get("/volumes/data")).path("ClusterVolume").path("Spec");
        String drained = "{\"Spec\":" + spec.toString().replace("\"active\"", "\"drain\"") + "}";
        Command asked = new Command.UpdateClusterVolume(
                ID, 7, data.spec().withAvailability(ClusterVolumeSpec.Availability.DRAIN));

        assertThat(put("/volumes/" + ID + "?version=7", drained).statusCode()).isEqualTo(200);
        assertThat(onlyCommand()).isEqualTo(asked);
        assertThat(put("/volumes/data?version=7", "{\"Spec\":{\"Availability\":\"drain\"}}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(onlyCommand()).isEqualTo(asked);
        assertThat(put("/volumes/data?version=7", "{}").statusCode()).isEqualTo(200);
        assertThat(onlyCommand()).isEqualTo(new Command.UpdateClusterVolume(ID, 7, data.spec()));
        put("/volumes/data?version=7", "{\"Spec\":{\"Group\":\"g\"}}");
        assertThat(onlyCommand())
                .isEqualTo(new Command.UpdateClusterVolume(ID, 7, data.spec().withGroup("g")));
    }

    @Test
    void updatesThatCannotBeAreRefused() {
        assertThat(put("/volumes/data?version=1", "{}").statusCode()).isEqualTo(404);
        cluster.put(Fixtures.clusterVolume(ID, "data"));

        assertThat(message(put("/volumes/data?version=x", "{}"))).startsWith("invalid swarm object version 'x'");
        assertThat(put("/volumes/data?version=1", "{\"Spec\":{\"Availability\":\"maybe\"}}")
                        .statusCode())
                .isEqualTo(400);
        cluster.answer = command -> new Reply.Refused(Refusal.outOfSequence());
        assertThat(message(put("/volumes/data?version=1", "{}"))).contains("update out of sequence");
        assertThat(message(put("/volumes/none?version=1", "{}"))).isEqualTo("volume none not found");
    }

    @Test
    void removalMeansTheNodesVolumeFirstAndByForceBoth() {
        cluster.volumes.put(Fixtures.NODE, "data", Map.of());
        cluster.put(Fixtures.clusterVolume(ID, "data"));

        assertThat(json(client.get("/volumes/data")).path("Scope").asText()).isEqualTo("local");
        assertThat(delete("/volumes/data").statusCode()).isEqualTo(204);
        assertThat(cluster.commands).isEmpty();
        assertThat(delete("/volumes/data").statusCode()).isEqualTo(204);
        assertThat(onlyCommand()).isEqualTo(new Command.RemoveClusterVolume(ID, false));

        cluster.volumes.put(Fixtures.NODE, "data", Map.of());
        assertThat(delete("/volumes/data?force=1").statusCode()).isEqualTo(204);
        assertThat(onlyCommand()).isEqualTo(new Command.RemoveClusterVolume(ID, true));
        assertThat(cluster.volumes.calls).hasSize(2);
        assertThat(message(delete("/volumes/none"))).isEqualTo("volume none not found");
        assertThat(delete("/volumes/none?force=1").statusCode()).isEqualTo(204);
        assertThat(cluster.commands).isEmpty();
        cluster.answer = command -> new Reply.Refused(Refusal.invalid("volume is still in use"));
        assertThat(delete("/volumes/" + ID).statusCode()).isEqualTo(400);
    }

    @Test
    void listsShowThemAfterTheNodesAndFiltersSelect() {
        cluster.volumes.put(Fixtures.NODE, "local", Map.of());
        Task user = Fixtures.task("task1", Fixtures.SERVICE, 1, TaskState.RUNNING, Fixtures.containerId(1));
        cluster.put(
                Fixtures.clusterVolume(ID, "data").withLabels(Map.of("tier", "back")),
                Fixtures.clusterVolume("v2", "idle"),
                user.withVolumes(List.of(new VolumeAttachment(ID, "data", "/data"))));

        assertThat(names("/volumes")).containsExactly("local", "data", "idle");
        assertThat(names("/volumes?" + filters("{\"driver\":[\"csi.example.org\"]}")))
                .containsExactly("data", "idle");
        assertThat(names("/volumes?" + filters("{\"label\":[\"tier=back\"]}"))).containsExactly("data");
        assertThat(names("/volumes?" + filters("{\"name\":[\"dl\"]}"))).containsExactly("idle");
        assertThat(names("/volumes?" + filters("{\"dangling\":[\"true\"]}"))).containsExactly("local", "idle");
        assertThat(names("/volumes?" + filters("{\"dangling\":[\"false\"]}"))).containsExactly("data");
        assertThat(json(client.get("/tasks/task1")).path("Volumes"))
                .hasToString("[{\"ID\":\"" + ID + "\",\"Source\":\"data\",\"Target\":\"/data\"}]");
    }

    @Test
    void clientsFromBeforeApiVersion142KnowNone() {
        cluster.put(Fixtures.clusterVolume(ID, "data"));

        assertThat(names("/v1.41/volumes")).isEmpty();
        assertThat(names("/v1.42/volumes")).containsExactly("data");
        assertThat(message(client.get("/v1.41/volumes/data"))).isEqualTo("get data: no such volume");
        assertThat(delete("/v1.41/volumes/data").statusCode()).isEqualTo(404);
        assertThat(client.post("/v1.41/volumes/create", CREATE).statusCode()).isEqualTo(201);
        assertThat(cluster.volumes.calls).containsExactly("create " + Fixtures.NODE + " data");
        assertThat(cluster.commands).isEmpty();
    }

    @Test
    void withoutASwarmThereIsNoneAndNoneIsMade() {
        cluster.remove(ObjectKind.CLUSTER, Fixtures.cluster().id());

        assertThat(client.post("/volumes/create", CREATE).statusCode()).isEqualTo(503);
        assertThat(message(client.post("/volumes/create", CREATE))).startsWith("This node is not a swarm manager.");
        assertThat(message(put("/volumes/data?version=1", "{}")))
                .isEqualTo("volume update only valid for cluster volumes, but swarm is unavailable");
        assertThat(message(client.get("/volumes/data"))).isEqualTo("get data: no such volume");
        assertThat(message(delete("/volumes/data"))).isEqualTo("get data: no such volume");
        assertThat(cluster.commands).isEmpty();
    }

    @Test
    void aNodeShowsItsPluginsAsDockerDoes() {
        NodeDescription description = Objects.requireNonNull(Fixtures.node().description());
        cluster.put(Fixtures.node()
                .withDescription(description.withCsiInfo(List.of(
                        new NodeCSIInfo("csi.example.org", "n-1", 3L, new Topology(Map.of("zone", "z1")), true)))));

        assertThat(json(client.get("/nodes/" + Fixtures.NODE))
                        .path("Description")
                        .path("CSIInfo"))
                .hasToString("[{\"PluginName\":\"csi.example.org\",\"NodeID\":\"n-1\",\"MaxVolumesPerNode\":3,"
                        + "\"AccessibleTopology\":{\"Segments\":{\"zone\":\"z1\"}}}]");
    }
}
