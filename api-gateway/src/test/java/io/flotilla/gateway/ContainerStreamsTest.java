package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.gateway.error.ApiException;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that come bit by bit: waits, files; and commits, which take a while. */
@QuarkusTest
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ContainerStreamsTest extends ServedContainers {
    @Test
    void aWaitSeesAnExitThatTheLogNeverShows() throws IOException {
        Container box = put("created");
        FakeContainers.Watch watch = new FakeContainers.Watch();
        containers.watches.put(ID, watch);
        watch.feed(FakeContainers.seen(box, 1, Fixtures.state("created")));
        HttpResponse<InputStream> next = client.open("POST", "/containers/box/wait?condition=next-exit");
        watch.feed(FakeContainers.seen(box, 2, Fixtures.state("running")));
        watch.feed(FakeContainers.seen(box, 3, Fixtures.state("exited")));
        assertThat(text(next)).isEqualTo("{\"StatusCode\":3}\n");
        assertThat(watch.closed).isTrue();
    }

    @Test
    void aWaitForTheRemovalTellsTheLastExitCode() throws IOException {
        Container box = put("running");
        FakeContainers.Watch watch = new FakeContainers.Watch();
        containers.watches.put(ID, watch);
        watch.feed(FakeContainers.seen(box, 1, Fixtures.state("running")));
        HttpResponse<InputStream> removed = client.open("POST", "/containers/box/wait?condition=removed");
        cluster.remove(ObjectKind.CONTAINER, ID);
        watch.feed(FakeContainers.seen(box, 2, Fixtures.state("exited")));
        watch.end();
        assertThat(text(removed)).isEqualTo("{\"StatusCode\":3}\n");
    }

    @Test
    void aWaitOutlivesItsNode() throws IOException {
        Container box = put("running");
        FakeContainers.Watch watch = new FakeContainers.Watch();
        containers.watches.put(ID, watch);
        watch.feed(FakeContainers.seen(box, 1, Fixtures.state("running")));
        HttpResponse<InputStream> wait = client.open("POST", "/containers/box/wait");
        watch.fail(ApiException.unavailable("node web1 does not answer"));
        cluster.put(Fixtures.plain(7, "box", "exited").withObserved(2L));
        assertThat(text(wait)).isEqualTo("{\"StatusCode\":3}\n");
        assertThat(client.post("/containers/box/wait?condition=soon", "").statusCode())
                .isEqualTo(400);
    }

    private static String text(HttpResponse<InputStream> answer) throws IOException {
        return new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void filesAreStreamedBothWays() {
        put("running");
        HttpResponse<String> stat = client.send("HEAD", "/containers/box/archive?path=/etc", null, null);
        String header =
                stat.headers().firstValue("X-Docker-Container-Path-Stat").orElseThrow();
        assertThat(new String(Base64.getDecoder().decode(header), StandardCharsets.UTF_8))
                .isEqualTo("{\"name\":\"etc\"}");
        HttpResponse<String> read = client.get("/containers/box/archive?path=/etc");
        assertThat(read.headers().firstValue("X-Docker-Container-Path-Stat")).contains(header);
        assertThat(read.body()).isEqualTo("tar");
        String upload = "y".repeat(3_000_000);
        assertThat(client.send(
                                "PUT",
                                "/containers/box/archive?path=/tmp&noOverwriteDirNonDir=true",
                                upload,
                                "application/x-tar")
                        .statusCode())
                .isEqualTo(200);
        assertThat(containers.archive).hasSize(3_000_000);
        assertThat(client.get("/containers/box/export").body()).isEqualTo("sometar");
        assertThat(json(client.get("/containers/box/changes"))
                        .get(0)
                        .path("Kind")
                        .asInt())
                .isEqualTo(1);
        assertThat(containers.calls)
                .containsExactly("stat /etc", "read /etc", "write /tmp true false", "export", "changes");
        assertRefused(client.get("/containers/box/archive"), 400, "bad parameter: 'path' cannot be empty");
        containers.failure = ApiException.notFound("Could not find the file /no in container box");
        assertRefused(
                client.get("/containers/box/archive?path=/no"), 404, "Could not find the file /no in container box");
        assertThat(client.send("PUT", "/containers/box/archive?path=/no", "x", "application/x-tar")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void commitNamesTheImageCompletely() {
        put("running");
        HttpResponse<String> commit = client.post(
                "/commit?container=box&repo=docker.io/library/mine&tag=v2&pause=0&changes=CMD%20ls&changes=ENV%20A%3Db",
                "null");
        assertThat(commit.statusCode()).as(commit.body()).isEqualTo(201);
        assertThat(json(commit).path("Id").asText()).isEqualTo(Fixtures.IMAGE_ID);
        assertThat(client.send("POST", "/commit?container=box", null, null).statusCode())
                .isEqualTo(201);
        assertThat(client.post("/commit?container=box", "{\"Cmd\":[\"a\"]}").statusCode())
                .isEqualTo(201);
        assertThat(containers.calls)
                .containsExactly(
                        "commit mine:v2 false [CMD ls, ENV A=b] true", "commit  true [] true", "commit  true [] false");
    }
}
