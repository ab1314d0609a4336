package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.filters;
import static io.flotilla.gateway.ApiClient.json;
import static io.flotilla.gateway.ApiClient.message;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.quarkus.test.junit.QuarkusTest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Status codes, wording and shapes of single answers. The wording was compared with dockerd's. */
@QuarkusTest
class EngineApiTest extends ServedCluster {
    @BeforeEach
    void start() {
        cluster.put(Fixtures.node(), Fixtures.bridge(), Fixtures.image());
    }

    private void swarm() {
        cluster.put(
                Fixtures.cluster(),
                Fixtures.service(Fixtures.SERVICE, "web", 2),
                Fixtures.revision(Fixtures.SERVICE),
                Fixtures.task("task2", Fixtures.SERVICE, 1, TaskState.RUNNING, Fixtures.containerId(2)),
                Fixtures.task("task3", Fixtures.SERVICE, 2, TaskState.FAILED, Fixtures.containerId(3)),
                Fixtures.container(2, "web.1.task2", "running"),
                Fixtures.container(3, "web.2.task3", "exited"));
    }

    private void assertRefused(HttpResponse<String> response, int status, String message) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(message(response)).isEqualTo(message);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    }

    @Test
    void everyAnswerCarriesTheEnginesHeaders() {
        for (String path : List.of("/_ping", "/v1.41/_ping", "/nowhere", "/containers/nope/json", "/v1.99/info")) {
            var headers = client.get(path).headers();
            assertThat(headers.firstValue("Api-Version")).as(path).contains("1.52");
            assertThat(headers.firstValue("Ostype")).as(path).contains("linux");
            assertThat(headers.firstValue("Docker-Experimental")).as(path).contains("false");
            assertThat(headers.firstValue("Server")).as(path).contains("Flotilla/1.2.3 (linux)");
        }
        assertThat(client.send("HEAD", "/_ping", null, null).statusCode()).isEqualTo(200);
        assertThat(client.send("OPTIONS", "/v1.30/containers/json", null, null).statusCode())
                .isEqualTo(200);
    }

    @Test
    void versionsOutsideTheSpanAreRefused() {
        assertRefused(
                client.get("/v1.20/version"),
                400,
                "client version 1.20 is too old. Minimum supported API version is 1.24, please upgrade your client to a"
                        + " newer version");
        assertRefused(
                client.get("/v1.60/version"),
                400,
                "client version 1.60 is too new. Maximum supported API version is 1.52");
        assertThat(client.get("/v1.24/version").statusCode()).isEqualTo(200);
        assertThat(json(client.get("/version")).path("ApiVersion").asText()).isEqualTo("1.52");
    }

    @Test
    void unknownPathsAndMethodsAreNotFound() {
        for (String path : List.of("/", "/nope", "/v1.41", "/v1.41/nope", "/vfoo/version")) {
            assertRefused(client.get(path), 404, "page not found");
        }
        assertRefused(client.post("/version", "{}"), 404, "page not found");
        assertRefused(client.send("PUT", "/containers/json", null, null), 404, "page not found");
    }

    @Test
    void whatIsNotBuiltNamesItself() {
        assertRefused(
                client.post("/v1.50/build", "{}"), 501, "POST /build is not supported by this version of Flotilla");
        assertRefused(
                client.get("/plugins/localhost:5000/a/b/json"),
                501,
                "GET /plugins/{name}/json is not supported by this version of Flotilla");
    }

    @Test
    void swarmCallsBeforeInitSayHowToBegin() {
        for (String path : List.of("/swarm", "/nodes", "/services", "/tasks", "/services/x", "/nodes/self")) {
            assertRefused(
                    client.get(path),
                    503,
                    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this"
                            + " node to swarm and try again.");
        }
        assertRefused(client.post("/swarm/leave", ""), 503, "This node is not part of a swarm");
        assertThat(json(client.get("/info"))
                        .path("Swarm")
                        .path("LocalNodeState")
                        .asText())
                .isEqualTo("inactive");
    }

    @Test
    void initAnswersWithTheNodeAndOnlyOnce() {
        cluster.answer = command -> {
            cluster.put(Fixtures.cluster());
            return new Reply.Done(cluster.index(), null, List.of(), List.of(), null);
        };
        HttpResponse<String> init = client.post("/swarm/init", "{\"listenaddr\":\"0.0.0.0:2377\"}");
        assertThat(json(init).asText()).isEqualTo(Fixtures.NODE);
        assertThat(cluster.commands.getFirst())
                .isInstanceOfSatisfying(Command.InitSwarm.class, command -> assertThat(command.advertiseAddr())
                        .isEqualTo("10.0.0.1"));
        assertRefused(
                client.post("/swarm/init", "{}"),
                503,
                "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another"
                        + " one.");
        JsonNode info = json(client.get("/info")).path("Swarm");
        assertThat(info.path("LocalNodeState").asText()).isEqualTo("active");
        assertThat(info.path("Cluster").path("ID").asText()).isEqualTo("clusteraaaaaaaaaaaaaaaaaa");
    }

    @Test
    void badBodiesAreRefusedAndChangeNothing() {
        swarm();
        assertThat(message(client.post("/services/create", "{bad"))).startsWith("invalid JSON: ");
        assertThat(message(client.post("/services/create", "[]"))).startsWith("invalid JSON: ");
        assertRefused(client.post("/services/create", ""), 400, "invalid JSON: got EOF while reading request body");
        assertRefused(client.post("/services/create", "{} {}"), 400, "unexpected content after JSON");
        assertRefused(
                client.send("POST", "/services/create", "{}", "text/plain"),
                400,
                "unsupported Content-Type header (text/plain): must be 'application/json'");
        assertRefused(
                client.post("/services/create", "{\"Name\":\"" + "x".repeat(512 << 10) + "\"}"),
                413,
                "request body too large: the limit is 524288 bytes");
        assertRefused(
                client.post("/configs/create", "{\"Data\":\"" + "x".repeat(1536 << 10) + "\"}"),
                413,
                "request body too large: the limit is 1572864 bytes");
        assertThat(cluster.commands).isEmpty();
    }

    @Test
    void unknownFiltersAreRefusedInBothEncodings() {
        swarm();
        assertRefused(client.get("/containers/json?" + filters("{\"foo\":[\"x\"]}")), 400, "invalid filter 'foo'");
        assertRefused(client.get("/containers/json?" + filters("{\"foo\":{\"x\":true}}")), 400, "invalid filter 'foo'");
        assertRefused(
                client.get("/containers/json?" + filters("{\"status\":[\"foo\"]}")),
                400,
                "invalid filter 'status=foo'");
        assertRefused(
                client.get("/containers/json?" + filters("{\"is-task\":[\"x\"]}")),
                400,
                "invalid filter 'is-task=[x]'");
        assertThat(client.get("/containers/json?" + filters("{bad")).statusCode())
                .isEqualTo(400);
        assertThat(json(client.get("/containers/json?" + filters("{\"name\":{\"web.1\":true}}"))))
                .hasSize(1);
    }

    @Test
    void missingObjectsAreNamedAsDockerNamesThem() {
        swarm();
        assertRefused(client.get("/containers/nope/json"), 404, "No such container: nope");
        assertRefused(client.get("/images/nope/json"), 404, "No such image: nope:latest");
        assertRefused(client.get("/services/nope"), 404, "service nope not found");
        assertRefused(client.get("/tasks/nope"), 404, "task nope not found");
        assertRefused(client.get("/nodes/nope"), 404, "node nope not found");
        assertRefused(client.get("/networks/nope"), 404, "network nope not found");
        assertRefused(
                client.post("/containers/nope/kill", ""), 404, "cannot kill container: nope: No such container: nope");
        assertRefused(
                client.get("/containers/web.1.task2/logs"), 400, "Bad parameters: you must choose at least one stream");
    }

    @Test
    void twoNetworksOfOneNameAreAmbiguous() {
        cluster.put(
                Fixtures.bridge().withId("aa".repeat(32)).withName("x"),
                Fixtures.bridge().withId("bb".repeat(32)).withName("x"));
        assertRefused(client.get("/networks/x"), 400, "2 matches found based on name: network x is ambiguous");
    }

    @Test
    void theHostsOwnNetworksAreThereForServicesToo() {
        assertThat(client.get("/networks/bridge?scope=swarm").statusCode()).isEqualTo(200);
        assertRefused(client.get("/networks/bridge?scope=global"), 404, "network bridge not found");
    }

    @Test
    void objectsAreFoundByNameAndByBeginningOfTheirId() {
        swarm();
        for (String name : List.of("web", "servicea", Fixtures.SERVICE)) {
            assertThat(json(client.get("/services/" + name)).path("ID").asText())
                    .isEqualTo(Fixtures.SERVICE);
        }
        for (String name : List.of("web.1.task2", "00000002", Fixtures.containerId(2))) {
            assertThat(json(client.get("/containers/" + name + "/json"))
                            .path("Name")
                            .asText())
                    .as(name)
                    .isEqualTo("/web.1.task2");
        }
        for (String name : List.of(
                "busybox",
                "busybox:latest",
                "docker.io/library/busybox",
                "9289ca99",
                Fixtures.IMAGE_ID,
                "localhost:5000/team/app:v1")) {
            assertThat(json(client.get("/images/" + name + "/json")).path("Id").asText())
                    .as(name)
                    .isEqualTo(Fixtures.IMAGE_ID);
        }
        assertThat(json(client.get("/nodes/self")).path("ID").asText()).isEqualTo(Fixtures.NODE);
    }

    @Test
    void internalFieldsStayInside() {
        swarm();
        JsonNode task = json(client.get("/tasks/task2"));
        assertThat(task.path("Spec").path("ContainerSpec").path("Image").asText())
                .isEqualTo("busybox:latest");
        assertThat(task.has("SpecVersion")).isFalse();
        assertThat(json(client.get("/services/web")).has("SpecVersion")).isFalse();
        assertThat(json(client.get("/nodes/self")).has("AgentAddress")).isFalse();
        JsonNode status = json(client.get("/services?status=true")).get(0).path("ServiceStatus");
        assertThat(status.path("RunningTasks").asInt()).isEqualTo(1);
        assertThat(status.path("DesiredTasks").asInt()).isEqualTo(2);
    }

    @Test
    void statusOfAJobCountsItsPresentExecution() {
        swarm();
        Service job = Fixtures.service("job", "job", 2).with(j -> j.jobStatus(new JobStatus(new ObjectVersion(1), null))
                .spec(Fixtures.spec("job", 2)
                        .withMode(new ServiceMode(null, null, new ServiceMode.ReplicatedJob(2L, 5L), null))));
        cluster.put(
                job.withCronStatus(new CronStatus(
                        "@daily", "Z", Fixtures.NOON, CronStatus.Decision.SKIPPED, Fixtures.NOON.plusSeconds(60))),
                jobTask("old", 0, 0, TaskState.COMPLETE),
                jobTask("done", 1, 0, TaskState.COMPLETE),
                jobTask("running", 1, 1, TaskState.RUNNING));
        for (JsonNode service :
                json(client.get("/services?status=true&" + filters("{\"mode\":[\"replicated-job\"]}")))) {
            assertThat(service.path("ServiceStatus").toString())
                    .isEqualTo("{\"RunningTasks\":1,\"DesiredTasks\":2,\"CompletedTasks\":1}");
            assertThat(service.path("UpdateStatus").toString())
                    .isEqualTo("{\"Message\":\"execution due at " + Fixtures.NOON + " skipped, next execution at "
                            + Fixtures.NOON.plusSeconds(60) + "\"}");
            assertThat(service.path("JobStatus")
                            .path("JobIteration")
                            .path("Index")
                            .asInt())
                    .isEqualTo(1);
        }
        assertThat(json(client.get("/tasks/running"))
                        .path("JobIteration")
                        .path("Index")
                        .asInt())
                .isEqualTo(1);
    }

    private static Task jobTask(String id, long iteration, long slot, TaskState state) {
        return Fixtures.task(id, "job", slot, state, Fixtures.containerId(9))
                .with(task -> task.jobIteration(new ObjectVersion(iteration)).desiredState(TaskState.COMPLETE));
    }

    @Test
    void tasksFromBeforeAnUpdateThatWasRolledBackAreUpToDate() {
        swarm();
        String query = "/tasks?" + filters("{\"_up-to-date\":[\"true\"]}");
        Service service = Fixtures.service(Fixtures.SERVICE, "web", 2).withSpecVersion(3L);
        SpecRevision same = Fixtures.revision(Fixtures.SERVICE)
                .with(r -> r.id(SpecRevision.idOf(Fixtures.SERVICE, 3)).specVersion(3));
        cluster.put(service, same);
        assertThat(json(client.get(query))).hasSize(2);

        cluster.put(same.withSpec(same.spec().withForceUpdate(1L)));
        assertThat(json(client.get(query))).isEmpty();
    }

    @Test
    void taskFiltersAreAppliedAndCheckedForExistence() {
        swarm();
        assertThat(json(client.get("/tasks?" + filters("{\"service\":[\"web\"],\"_up-to-date\":[\"true\"]}"))))
                .hasSize(2);
        assertThat(json(client.get("/tasks?" + filters("{\"node\":[\"web1\"],\"desired-state\":[\"shutdown\"]}"))))
                .isEmpty();
        assertRefused(client.get("/tasks?" + filters("{\"service\":[\"nope\"]}")), 404, "service nope not found");
        assertRefused(
                client.get("/tasks?" + filters("{\"desired-state\":[\"up\"]}")),
                400,
                "invalid filter 'desired-state=up'");
    }

    @Test
    void aWriteIsSeenByTheNextRead() {
        swarm();
        cluster.answer = command -> {
            long next = cluster.index() + 1;
            Thread.startVirtualThread(() -> cluster.put(Fixtures.service("new1", "new", 1)));
            return new Reply.Done(next, "new1", List.of("careful"), List.of(), null);
        };
        HttpResponse<String> created = client.post("/services/create", "{\"Name\":\"new\"}");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(json(created).path("ID").asText()).isEqualTo("new1");
        assertThat(json(created).path("Warnings").get(0).asText()).isEqualTo("careful");
        assertThat(client.get("/services/new").statusCode()).isEqualTo(200);
    }

    @Test
    void refusalsOfTheManagersBecomeDockersStatus() {
        swarm();
        cluster.answer = command -> new Reply.Refused(Refusal.outOfSequence());
        assertRefused(
                client.post("/services/web/update?version=1", "{}"),
                500,
                "rpc error: code = Unknown desc = update out of sequence");
        cluster.answer = command -> new Reply.Refused(Refusal.conflict("taken"));
        assertRefused(client.post("/services/create", "{}"), 409, "taken");
        assertRefused(
                client.post("/services/web/update", "{}"),
                400,
                "invalid service version '': strconv.ParseUint: parsing \"\": invalid syntax");
    }

    @Test
    void rollbackSendsNoSpec() {
        swarm();
        assertThat(client.post("/services/web/update?version=7&rollback=previous", "{\"Name\":\"web\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(cluster.commands).containsExactly(new Command.UpdateService(Fixtures.SERVICE, 7, null, true));
    }

    @Test
    void halfABatchIsNeverSeen() {
        swarm();
        var half = Fixtures.service("half1", "half", 1);
        cluster.publish(ObjectKind.SERVICE.key("half1"), Codec.JSON.encode(half), false);
        assertRefused(client.get("/services/half"), 404, "service half not found");
        cluster.put(Fixtures.service("whole1", "whole", 1));
        assertThat(client.get("/services/half").statusCode()).isEqualTo(200);
    }

    @Test
    void removedObjectsAreGone() {
        swarm();
        cluster.remove(ObjectKind.CONTAINER, Fixtures.containerId(3));
        assertThat(json(client.get("/containers/json?all=1"))).hasSize(1);
    }

    @Test
    void olderVersionsGetTheFieldsTheyKnow() {
        swarm();
        JsonNode old = json(client.get("/v1.43/containers/web.1.task2/json"));
        assertThat(old.path("NetworkSettings").path("IPAddress").asText()).isEqualTo("172.17.0.2");
        assertThat(json(client.get("/containers/web.1.task2/json"))
                        .path("NetworkSettings")
                        .has("IPAddress"))
                .isFalse();
        assertThat(json(client.get("/v1.43/images/json"))
                        .get(0)
                        .path("VirtualSize")
                        .asLong())
                .isEqualTo(1_982_952);
        assertThat(json(client.get("/v1.44/images/json")).get(0).has("VirtualSize"))
                .isFalse();
        assertThat(json(client.get("/v1.41/system/df")).path("LayersSize").asLong())
                .isEqualTo(1000);
        assertThat(json(client.get("/system/df"))
                        .path("ImageUsage")
                        .path("TotalCount")
                        .asLong())
                .isEqualTo(1);
    }

    @Test
    void stoppingWhatHasStoppedChangesNothing() {
        swarm();
        assertThat(client.post("/containers/web.2.task3/stop", "").statusCode()).isEqualTo(304);
        assertThat(cluster.containers.calls).isEmpty();
        HttpResponse<String> refused = client.send("DELETE", "/containers/web.1.task2", null, null);
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(message(refused)).contains("container is running");
    }

    @Test
    void aBridgeShowsWhoIsOnIt() {
        swarm();
        JsonNode containers = json(client.get("/networks/bridge")).path("Containers");
        assertThat(containers).hasSize(1);
        assertThat(containers.path(Fixtures.containerId(2)).path("IPv4Address").asText())
                .isEqualTo("172.17.0.2/16");
    }

    @Test
    void imagesAreTaggedAndRemovedByCompleteNames() {
        cluster.answer = command -> new Reply.Done(
                cluster.index(), null, List.of(), List.of(new ImageDeleteResponseItem("busybox:latest", null)), null);
        assertThat(client.post("/images/busybox/tag?repo=docker.io/me/box&tag=v1", "")
                        .statusCode())
                .isEqualTo(201);
        HttpResponse<String> removed = client.send("DELETE", "/images/busybox", null, null);
        assertThat(removed.body()).isEqualTo("[{\"Untagged\":\"busybox:latest\"}]");
        assertThat(cluster.commands)
                .containsExactly(
                        new Command.TagImage(Fixtures.IMAGE_ID, "me/box:v1"),
                        new Command.RemoveImage(Fixtures.IMAGE_ID, "busybox:latest", false));
        assertRefused(
                client.post("/images/busybox/tag?repo=A", ""),
                400,
                "invalid reference format: repository name (A) must be lowercase");
    }

    @Test
    void anUploadIsPassedOnAndItsImagesNamed() {
        HttpResponse<String> loaded = client.send("POST", "/images/load", "x".repeat(3_000_000), "application/x-tar");
        assertThat(cluster.loadedBytes).isEqualTo(3_000_000);
        assertThat(loaded.body().lines())
                .containsExactly("{\"status\":\"Loading layer\"}", "{\"stream\":\"Loaded image: busybox:latest\\n\"}");
    }

    @Test
    void aProcessThatIsNoGatewaySaysSo() {
        gateway.close();
        assertRefused(client.get("/containers/json"), 503, "this process does not serve the Engine API (yet)");
        gateway.start(
                cluster.bus,
                new GatewayConfig(Fixtures.NODE, "1.2.3", "abc", "", List.of("127.0.0.1:1")),
                cluster,
                cluster.agents());
    }
}
