package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.filters;
import static io.flotilla.gateway.ApiClient.json;
import static io.flotilla.gateway.ApiClient.message;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.gateway.error.ApiException;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Containers of no service: what goes to the managers, what to the node, and what the client is told. */
@QuarkusTest
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ContainerApiTest extends ServedContainers {
    @Test
    void createAsksTheManagersThenTheNode() {
        HttpResponse<String> created = client.post("/v1.43/containers/create?name=box&platform=linux/amd64", """
                {"Image":"busybox","Cmd":"ls","Env":["A=b"],"Volumes":{"/data":null},"MacAddress":"02:42:ac:11:00:09",
                 "HostConfig":{"NetworkMode":"default","Memory":1048576,"PortBindings":{"80/tcp":null}},
                 "NetworkingConfig":{"EndpointsConfig":{"default":null}}}""");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(created.body())
                .isIn(
                        "{\"Id\":\"" + ID + "\",\"Warnings\":[\"careful\"]}",
                        "{\"Warnings\":[\"careful\"],\"Id\":\"" + ID + "\"}");
        assertThat(cluster.commands).singleElement().isInstanceOfSatisfying(Command.CreateContainer.class, create -> {
            assertThat(create.platform()).isEqualTo("linux/amd64");
            assertThat(create.nearNodeId()).isEqualTo(Fixtures.NODE);
            assertThat(create.request().name()).isEqualTo("box");
            assertThat(create.request().config().cmd()).containsExactly("ls");
            assertThat(create.request().config().volumes()).containsKey("/data");
            assertThat(create.request().hostConfig().memory()).isEqualTo(1 << 20);
            assertThat(create.request().hostConfig().networkMode()).isEqualTo("bridge");
            assertThat(create.request().endpoints())
                    .containsOnlyKeys("bridge")
                    .allSatisfy((network, endpoint) ->
                            assertThat(endpoint.macAddress()).isEqualTo("02:42:ac:11:00:09"));
        });
        assertThat(containers.calls).containsExactly("converge " + cluster.index());
        assertThat(json(client.get("/containers/box/json")).path("Id").asText()).isEqualTo(ID);
    }

    @Test
    void whatANodeRefusesToMakeIsForgotten() {
        containers.failure = ApiException.invalid("unable to find user nobody2: no matching entries in passwd file");
        assertRefused(
                client.post("/containers/create?name=box", "{\"Image\":\"busybox\",\"User\":\"nobody2\"}"),
                400,
                "unable to find user nobody2: no matching entries in passwd file");
        assertThat(cluster.commands).last().isEqualTo(new Command.ForgetContainer(ID));
        assertRefused(client.get("/containers/box/json"), 404, "No such container: box");
    }

    @Test
    void bodiesOfWrongTypesAreRefusedByTheNameOfTheField() {
        for (String body : List.of(
                "[]",
                "{\"Cmd\":1}",
                "{\"Env\":{}}",
                "{\"HostConfig\":[]}",
                "{\"HostConfig\":{\"Memory\":\"1m\"}}",
                "{\"HostConfig\":{\"Memory\":1.5}}",
                "{\"NetworkingConfig\":{\"EndpointsConfig\":[]}}",
                "{\"MacAddress\":5}")) {
            HttpResponse<String> refused = client.post("/containers/create", body);
            assertThat(refused.statusCode()).as(body).isEqualTo(400);
        }
        assertThat(message(client.post("/containers/create", "{\"HostConfig\":{\"Memory\":\"1m\"}}")))
                .isEqualTo("invalid JSON: HostConfig.Memory: expected an integer");
        assertThat(cluster.commands).isEmpty();
    }

    @Test
    void fieldsNobodyKnowsAreRefusedUnlessTheyAskForNothing() {
        assertThat(client.post(
                                "/containers/create",
                                "{\"Image\":\"a\",\"HostConfig\":{\"KernelMemory\":0,\"Old\":{\"a\":[\"\"]}}}")
                        .statusCode())
                .isEqualTo(201);
        HttpResponse<String> refused =
                client.post("/containers/create", "{\"Image\":\"a\",\"HostConfig\":{\"KernelMemory\":1}}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(message(refused)).contains("unknown field \"KernelMemory\"");
        assertThat(message(client.post("/containers/create", "{\"Image\":\"a\",\"Nonsense\":true}")))
                .contains("unknown field \"Nonsense\"");
    }

    @Test
    void refusalsOfTheManagersReachTheClient() {
        cluster.answer = command -> new Reply.Refused(Refusal.notFound("No such image: nope:latest"));
        assertRefused(client.post("/containers/create", "{\"Image\":\"nope\"}"), 404, "No such image: nope:latest");
        assertThat(containers.calls).isEmpty();
    }

    @Test
    void aStartShowsAtOnceAndASecondOneChangesNothing() {
        Container box = put("created");
        containers.states.put(ID, FakeContainers.seen(box, 2, Fixtures.state("running")));
        assertThat(client.post("/containers/box/start?detachKeys=ctrl-x", "").statusCode())
                .isEqualTo(204);
        assertThat(json(client.get("/containers/box/json"))
                        .path("State")
                        .path("Running")
                        .asBoolean())
                .isTrue();
        assertThat(client.post("/containers/box/start", "").statusCode()).isEqualTo(304);
        assertThat(cluster.commands).containsExactly(new Command.StartContainer(ID));
    }

    @Test
    void aStartThatFailsSaysWhyAndTakesAnAutoRemovedContainerAlong() {
        Container box = put("created");
        cluster.put(box.withInspect(box.inspect()
                .withHostConfig(io.flotilla.bus.schema.HostConfigBuilder.builder()
                        .autoRemove(true)
                        .build())));
        containers.failure = ApiException.invalid("exec: \"nope\": executable file not found in $PATH: unknown");
        HttpResponse<String> refused = client.post("/containers/box/start", "");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(message(refused)).contains("executable file not found in $PATH");
    }

    @Test
    void actionsGoToTheNodeAndTheirOutcomeIsSeenAtOnce() {
        Container box = put("running");
        ContainerState paused =
                Fixtures.state("running").with(s -> s.status("paused").paused(true));
        containers.states.put(ID, FakeContainers.seen(box, 2, paused));
        assertThat(client.post("/containers/box/pause", "").statusCode()).isEqualTo(204);
        assertThat(json(client.get("/containers/json")).get(0).path("State").asText())
                .isEqualTo("paused");
        assertRefused(
                client.post("/containers/box/start", ""), 409, "cannot start a paused container, try unpause instead");
        containers.states.put(ID, FakeContainers.seen(box, 3, Fixtures.state("running")));
        assertThat(client.post("/containers/box/unpause", "").statusCode()).isEqualTo(204);
        assertThat(client.post("/containers/box/restart?t=3&signal=INT", "").statusCode())
                .isEqualTo(204);
        assertThat(client.post("/containers/box/resize?h=40&w=100", "").statusCode())
                .isEqualTo(200);
        containers.states.put(ID, FakeContainers.seen(box, 4, Fixtures.state("exited")));
        assertThat(client.post("/containers/box/stop?t=1", "").statusCode()).isEqualTo(204);
        assertThat(client.post("/containers/box/stop", "").statusCode()).isEqualTo(304);
        assertThat(containers.calls).containsExactly("pause", "unpause", "restart INT", "resize 40x100", "stop 1");
        for (String size : List.of("", "?h=40", "?h=a&w=1", "?h=1&w=99999", "?h=-1&w=1", "?h=99999999999&w=1")) {
            assertThat(client.post("/containers/box/resize" + size, "").statusCode())
                    .as(size)
                    .isEqualTo(400);
        }
    }

    @Test
    void renameAndUpdateAreCommittedAndHandedOver() {
        put("running");
        assertThat(client.post("/containers/box/rename?name=/crate", "").statusCode())
                .isEqualTo(204);
        assertThat(client.post("/containers/box/update", "{\"Memory\":1048576,\"RestartPolicy\":{\"Name\":\"always\"}}")
                        .body())
                .isEqualTo("{\"Warnings\":[\"careful\"]}");
        assertThat(cluster.commands.getFirst()).isEqualTo(new Command.RenameContainer(ID, "crate"));
        assertThat(containers.calls).hasSize(2);
        assertRefused(client.post("/containers/box/rename", ""), 400, "Neither old nor new names may be empty");
    }

    @Test
    void aLinkIsANameOfItsContainerUntilItIsRemoved() throws IOException {
        put("running");
        Container parent = Fixtures.plain(8, "web", "running");
        ContainerRequest request = Objects.requireNonNull(parent.request());
        HostConfig host = request.hostConfig().withLinks(List.of(ID + ":db", Fixtures.containerId(9) + ":gone"));
        cluster.put(parent.withRequest(request.withHostConfig(host))
                .withInspect(parent.inspect().withHostConfig(host)));
        JsonNode list = json(client.get("/containers/json?all=1&" + filters("{\"id\":[\"" + ID + "\"]}")));
        assertThat(list.path(0).path("Names")).extracting(JsonNode::asText).containsExactly("/box", "/web/db");
        assertThat(json(client.get("/containers/web%2Fdb/json")).path("Id").asText())
                .isEqualTo(ID);
        assertThat(json(client.get("/containers/web/json")).path("HostConfig").path("Links"))
                .extracting(JsonNode::asText)
                .containsExactly("/box:/web/db");
        for (String name : List.of("web/db", "web%2Fdb")) {
            assertThat(client.send("DELETE", "/containers/" + name + "?link=1", null, null)
                            .statusCode())
                    .as(name)
                    .isEqualTo(204);
        }
        assertThat(cluster.commands).containsOnly(new Command.RemoveLink(parent.id(), "db"));
        assertRefused(
                client.send("DELETE", "/containers/box?link=1", null, null),
                409,
                "Conflict, cannot remove the default link name of the container");
        for (String name : List.of("web/none", "nobody/db", "nobody")) {
            assertRefused(
                    client.send("DELETE", "/containers/" + name + "?link=1", null, null),
                    404,
                    "No such container: " + name);
        }
    }

    @Test
    void aStartTakesNoHostConfig() {
        put("created");
        assertRefused(
                client.post("/containers/box/start", "{\"Binds\":[\"/:/host\"]}"),
                400,
                "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24");
        assertRefused(client.get("/containers/nosuch/archive"), 400, "bad parameter: 'path' cannot be empty");
    }

    @Test
    void aRefusedUpdateIsTakenBack() {
        Container box = put("running");
        containers.failure = ApiException.failed("cgroup says no");
        assertRefused(client.post("/containers/box/update", "{\"Memory\":1}"), 500, "cgroup says no");
        assertThat(cluster.commands).last().isInstanceOfSatisfying(Command.TakeBackUpdate.class, takeBack -> {
            assertThat(takeBack.containerId()).isEqualTo(ID);
            assertThat(takeBack.before())
                    .isEqualTo(Objects.requireNonNull(box.request()).hostConfig());
        });
    }

    @Test
    void removalGoesToTheNodeFirstAndThenToTheManagers() {
        put("running");
        assertRefused(
                client.send("DELETE", "/containers/box", null, null),
                409,
                "cannot remove container \"/box\": container is running: stop the container before removing or force"
                        + " remove");
        assertThat(client.send("DELETE", "/containers/box?force=1&v=1", null, null)
                        .statusCode())
                .isEqualTo(204);
        assertThat(containers.calls).containsExactly("remove true true");
        assertThat(cluster.commands).containsExactly(new Command.ForgetContainer(ID));
        assertThat(client.get("/containers/box/json").statusCode()).isEqualTo(404);
    }

    @Test
    void onlyForceRemovesWhatIsOnASilentNode() {
        put("exited");
        containers.failure = ApiException.unavailable("node web1 does not answer");
        assertRefused(client.send("DELETE", "/containers/box", null, null), 503, "node web1 does not answer");
        assertThat(client.send("DELETE", "/containers/box?force=true", null, null)
                        .statusCode())
                .isEqualTo(204);
    }

    @Test
    void pruneTakesWhatDoesNotRunAndMatches() {
        cluster.put(Fixtures.plain(8, "up", "running"), Fixtures.plain(7, "box", "exited"));
        assertThat(json(client.post("/containers/prune?" + filters("{\"until\":[\"2020-01-01\"]}"), ""))
                        .path("ContainersDeleted"))
                .isEmpty();
        assertThat(json(client.post(
                                "/containers/prune?" + filters("{\"label!\":[\"com.docker.swarm.service.name\"]}"), ""))
                        .path("ContainersDeleted"))
                .isEmpty();
        assertThat(json(client.post(
                                "/containers/prune?"
                                        + filters(
                                                "{\"until\":[\"1m30s\"],\"label\":[\"com.docker.swarm.service.name=web\"]}"),
                                ""))
                        .path("ContainersDeleted"))
                .hasSize(1);
        assertThat(client.post("/containers/prune?" + filters("{\"until\":[\"soon\"]}"), "")
                        .statusCode())
                .isEqualTo(400);
        assertThat(json(client.get("/containers/json?all=1"))).hasSize(1);
    }
}
