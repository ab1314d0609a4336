package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.filters;
import static io.flotilla.gateway.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.gateway.error.ApiException;
import io.quarkus.test.junit.QuarkusTest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client sees of containers, from what the cluster knows and from what their nodes say. */
@QuarkusTest
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ContainerViewTest extends ServedContainers {
    @Test
    void listShowsAContainerAsItIsNowAndInTheShapeOfTheClientsVersion() {
        cluster.put(Fixtures.plain(7, "box", "running"));
        assertThat(names(client.get("/v1.43/containers/json"))).containsExactly("/box");
        assertThat(names(client.get("/v1.43/containers/json"))).containsExactly("/box");
        cluster.put(Fixtures.plain(7, "crate", "exited"));
        assertThat(names(client.get("/v1.43/containers/json"))).isEmpty();
        HttpResponse<String> all = client.get("/v1.43/containers/json?all=1");
        assertThat(names(all)).containsExactly("/crate");
        assertThat(json(all).get(0).path("State").asText()).isEqualTo("exited");
        assertThat(json(all).get(0).path("Status").isTextual()).isTrue();
        assertThat(json(client.get("/v1.43/containers/json?all=1&size=1"))
                        .get(0)
                        .properties())
                .containsAll(json(all).get(0).properties());
    }

    @Test
    void whatIsNotThereIsWrittenAsGoDoes() {
        Container container = Fixtures.plain(7, "box", "running");
        cluster.put(container.withInspect(container.inspect().with(seen -> seen.hostConfig(
                        HostConfigBuilder.builder().build())
                .config(ContainerConfigBuilder.builder().build()))));
        JsonNode box = json(client.get("/containers/box/json"));
        for (String pointer : List.of(
                "/HostConfig/CapAdd",
                "/HostConfig/Binds",
                "/HostConfig/PidsLimit",
                "/Config/Volumes",
                "/Config/OnBuild")) {
            assertThat(box.at(pointer).isNull()).as(pointer).isTrue();
        }
        for (String pointer : List.of(
                "/HostConfig/Mounts",
                "/HostConfig/Sysctls",
                "/Config/Shell",
                "/Config/ExposedPorts",
                "/Config/Healthcheck")) {
            assertThat(box.at(pointer).isMissingNode()).as(pointer).isTrue();
        }
        assertThat(client.get("/containers/json").body())
                .doesNotContain("\"IP\":null", "\"SizeRw\"", "\"Driver\":null");
    }

    private static List<String> names(HttpResponse<String> list) {
        assertThat(list.statusCode()).as(list.body()).isEqualTo(200);
        return json(list).findValues("Names").stream()
                .map(names -> names.get(0).asText())
                .toList();
    }

    @Test
    void networksOfAContainerHaveTheIdsOfTheCluster() {
        put("running");
        String id = json(client.get("/networks/bridge")).path("Id").asText();
        assertThat(json(client.get("/containers/box/json"))
                        .at("/NetworkSettings/Networks/bridge/NetworkID")
                        .asText())
                .isEqualTo(id);
        for (String network : List.of("bridge", id)) {
            assertThat(client.get("/containers/json?" + filters("{\"network\":[\"" + network + "\"]}"))
                            .body())
                    .contains(ID, id);
        }
        assertThat(json(client.get("/networks/" + id)).path("Containers").has(ID))
                .isTrue();
        // the list tells of a network that came after it was asked for
        cluster.remove(ObjectKind.NETWORK, id);
        assertThat(client.get("/containers/json").body()).contains(ID).doesNotContain(id);
        cluster.put(Fixtures.bridge());
        assertThat(client.get("/containers/json").body()).contains(ID, id);
    }

    @Test
    void sizesOfAllContainersAreOneQuestionToTheirNode() {
        put("running");
        cluster.put(Fixtures.plain(2, "measured", "running"));
        JsonNode listed = json(client.get("/containers/json?size=1"));
        assertThat(listed).hasSize(2);
        assertThat(listed.findValuesAsText("SizeRw")).contains("10");
        assertThat(listed.findValuesAsText("SizeRootFs")).contains("1010");
        assertThat(cluster.calls).containsOnlyOnce("usage");
    }

    @Test
    void theLogOvertakesWhatTheNodeSaidOnlyWithNews() {
        Container box = put("created");
        containers.states.put(ID, FakeContainers.seen(box, 5, Fixtures.state("running")));
        assertThat(client.post("/containers/box/start", "").statusCode()).isEqualTo(204);
        cluster.put(box.withObserved(4L));
        assertThat(json(client.get("/containers/box/json"))
                        .path("State")
                        .path("Status")
                        .asText())
                .isEqualTo("running");
        cluster.put(Fixtures.plain(7, "box", "exited").withObserved(6L));
        assertThat(json(client.get("/containers/box/json"))
                        .path("State")
                        .path("Status")
                        .asText())
                .isEqualTo("exited");
    }

    @Test
    void execsAreThoseTheNodeOfARunningContainerHasNow() {
        put("running");
        assertThat(json(client.get("/containers/box/json")).path("ExecIDs").isNull())
                .isTrue();
        containers.execIds = List.of("e1", "e2");
        assertThat(json(client.get("/containers/box/json")).path("ExecIDs"))
                .extracting(JsonNode::asText)
                .containsExactly("e1", "e2");
        containers.failure = ApiException.unavailable("silent");
        assertThat(json(client.get("/containers/box/json")).path("ExecIDs").isNull())
                .isTrue();
        put("exited");
        containers.failure = ApiException.failed("not asked");
        assertThat(json(client.get("/containers/box/json")).path("ExecIDs").isNull())
                .isTrue();
    }
}
