package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.filters;
import static io.flotilla.gateway.ApiClient.json;
import static io.flotilla.gateway.ApiClient.message;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.MountPointBuilder;
import io.quarkus.test.junit.QuarkusTest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Volumes: on which node what is done, and what the client sees afterwards. */
@QuarkusTest
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class VolumeApiTest extends ServedCluster {
    private static final String OTHER = "othernode";

    private final FakeVolumes volumes = cluster.volumes;

    @BeforeEach
    void start() {
        cluster.put(Fixtures.node(), Fixtures.node().withId(OTHER), Fixtures.image());
    }

    private HttpResponse<String> delete(String path) {
        return client.send("DELETE", path, null, null);
    }

    private List<String> names(String path) {
        List<String> names = new ArrayList<>();
        JsonNode answer = json(client.get(path));
        answer.path("Volumes").forEach(volume -> names.add(volume.path("Name").asText()));
        return names;
    }

    private void use(String volume) {
        Container user = Fixtures.plain(7, "box", "exited");
        cluster.put(user.withInspect(user.inspect()
                .withMounts(List.of(MountPointBuilder.builder()
                        .type("volume")
                        .name(volume)
                        .destination("/data")
                        .build()))));
    }

    @Test
    void aVolumeIsMadeOnTheClientsNodeAndSeenAtOnce() {
        HttpResponse<String> made =
                client.post("/v1.41/volumes/create", "{\"Name\":\"db\",\"Labels\":{\"a\":\"b\"},\"DriverOpts\":{}}");

        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(json(made).path("Mountpoint").asText()).isEqualTo("/v/db/_data");
        assertThat(volumes.calls).containsExactly("create " + Fixtures.NODE + " db");
        assertThat(json(client.get("/volumes/db")).path("Labels").path("a").asText())
                .isEqualTo("b");
        assertThat(names("/volumes")).containsExactly("db");
        assertThat(delete("/volumes/db").statusCode()).isEqualTo(204);
        assertThat(message(client.get("/volumes/db"))).isEqualTo("get db: no such volume");
        assertThat(delete("/volumes/db").statusCode()).isEqualTo(404);
        assertThat(delete("/volumes/db?force=1").statusCode()).isEqualTo(204);
    }

    @Test
    void aConstraintOrTheVolumeItselfNamesTheNode() {
        volumes.put(OTHER, "there", Map.of());
        client.post("/volumes/create", "{\"Name\":\"there\"}");
        client.post(
                "/volumes/create",
                "{\"Name\":\"sent\",\"Labels\":{\"com.docker.swarm.constraints\":\"[\\\"node==" + OTHER + "\\\"]\"}}");
        delete("/volumes/sent");

        assertThat(volumes.calls)
                .containsExactly("create othernode there", "create othernode sent", "remove othernode sent false");
        assertThat(client.post(
                                "/volumes/create",
                                "{\"Labels\":{\"com.docker.swarm.constraints\":\"[\\\"node==nowhere\\\"]\"}}")
                        .statusCode())
                .isEqualTo(503);
        for (String label : List.of("x", "[1]", "[null]", "[\\\"disk=ssd\\\"]", "{}")) {
            assertThat(client.post(
                                    "/volumes/create",
                                    "{\"Labels\":{\"com.docker.swarm.constraints\":\"" + label + "\"}}")
                            .statusCode())
                    .as(label)
                    .isEqualTo(400);
        }
    }

    @Test
    void filtersSelect() {
        volumes.put(Fixtures.NODE, "db", Map.of("tier", "back"));
        volumes.put(Fixtures.NODE, "web-data", Map.of());
        use("db");

        assertThat(names("/volumes?" + filters("{\"dangling\":[\"true\"]}"))).containsExactly("web-data");
        assertThat(names("/volumes?" + filters("{\"dangling\":[\"0\"]}"))).containsExactly("db");
        assertThat(names("/volumes?" + filters("{\"label\":[\"tier=back\"]}"))).containsExactly("db");
        assertThat(names("/volumes?" + filters("{\"name\":[\"web\"]}"))).containsExactly("web-data");
        assertThat(names("/volumes?" + filters("{\"driver\":[\"nfs\"]}"))).isEmpty();
        assertThat(message(client.get("/volumes?" + filters("{\"size\":[\"1\"]}"))))
                .isEqualTo("invalid filter 'size'");
    }

    @Test
    void pruningTakesWhatNobodyNamedUnlessAllAreAskedFor() {
        volumes.put(Fixtures.NODE, "named", Map.of());
        volumes.put(Fixtures.NODE, "kept", Map.of("keep", ""));
        volumes.put(Fixtures.NODE, "busy", Map.of("com.docker.volume.anonymous", ""));
        volumes.put(Fixtures.NODE, "used", Map.of("com.docker.volume.anonymous", ""));
        volumes.put(Fixtures.NODE, "nameless", Map.of("com.docker.volume.anonymous", ""));
        use("used");

        JsonNode pruned = json(client.post("/v1.44/volumes/prune", ""));
        assertThat(pruned.path("VolumesDeleted")).hasToString("[\"nameless\"]");
        assertThat(pruned.path("SpaceReclaimed").asLong()).isEqualTo(100);
        pruned = json(client.post("/v1.44/volumes/prune?" + filters("{\"all\":[\"true\"],\"label!\":[\"keep\"]}"), ""));
        assertThat(pruned.path("VolumesDeleted")).hasToString("[\"named\"]");
        assertThat(json(client.post("/v1.41/volumes/prune", "")).path("VolumesDeleted"))
                .hasToString("[\"kept\"]");
        assertThat(names("/volumes")).containsExactly("busy", "used");
    }

    @Test
    void aNameOnSeveralNodesIsTheClientsOwnAndRemovedEverywhere() {
        volumes.put(OTHER, "cache", Map.of("where", "there"));
        volumes.put(Fixtures.NODE, "cache", Map.of("where", "here"));

        assertThat(json(client.get("/volumes/cache"))
                        .path("Labels")
                        .path("where")
                        .asText())
                .isEqualTo("here");
        assertThat(names("/volumes")).containsExactly("cache");
        assertThat(delete("/volumes/cache").statusCode()).isEqualTo(204);
        assertThat(volumes.calls)
                .containsExactlyInAnyOrder("remove othernode cache false", "remove " + Fixtures.NODE + " cache false");
    }

    @Test
    void diskUsageHasVolumes() {
        volumes.put(Fixtures.NODE, "busy", Map.of());
        volumes.put(Fixtures.NODE, "db", Map.of());

        JsonNode items = json(client.get("/v1.41/system/df")).path("Volumes");
        assertThat(items).hasSize(2);
        assertThat(items.path(0).path("UsageData")).hasToString("{\"Size\":100,\"RefCount\":1}");
        JsonNode totals = json(client.get("/v1.52/system/df?type=volume")).path("VolumeUsage");
        assertThat(totals).hasToString("{\"ActiveCount\":1,\"TotalCount\":2,\"Reclaimable\":100,\"TotalSize\":200}");
    }
}
