package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.filters;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.TaskState;
import io.quarkus.test.junit.QuarkusTest;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that are written while things happen. */
@QuarkusTest
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class StreamTest extends ServedCluster {
    private static final long NOON_NANOS = Fixtures.NOON.getEpochSecond() * 1_000_000_000L;

    @BeforeEach
    void start() {
        cluster.put(
                Fixtures.node(),
                Fixtures.cluster(),
                Fixtures.service(Fixtures.SERVICE, "web", 2),
                Fixtures.revision(Fixtures.SERVICE),
                Fixtures.task("task2", Fixtures.SERVICE, 1, TaskState.RUNNING, Fixtures.containerId(2)),
                Fixtures.task("task3", Fixtures.SERVICE, 2, TaskState.RUNNING, Fixtures.containerId(3)),
                Fixtures.container(2, "web.1.task2", "running"),
                Fixtures.container(3, "web.2.task3", "running"));
    }

    private FakeCluster.Lines log(int number) {
        return cluster.logs.computeIfAbsent(Fixtures.containerId(number), id -> new FakeCluster.Lines());
    }

    private record Frame(int stream, String text) {}

    private static Frame frame(InputStream body) throws IOException {
        DataInputStream in = new DataInputStream(body);
        int stream = in.readUnsignedByte();
        assertThat(in.readNBytes(3)).containsOnly(0);
        return new Frame(stream, new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
    }

    private static String details(String task) {
        return "com.docker.swarm.node.id=" + Fixtures.NODE + ",com.docker.swarm.service.id=" + Fixtures.SERVICE
                + ",com.docker.swarm.task.id=" + task + " ";
    }

    @Test
    void aContainersLogIsFramed() throws IOException {
        log(2).add(1, NOON_NANOS + 5, "out");
        log(2).add(2, NOON_NANOS + 6, "err");
        log(2).end();
        HttpResponse<InputStream> answer =
                client.open("GET", "/v1.42/containers/web.1.task2/logs?stdout=1&stderr=1&timestamps=1&details=1");
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/vnd.docker.multiplexed-stream");
        assertThat(frame(answer.body())).isEqualTo(new Frame(1, "2026-01-01T12:00:00.000000005Z  out\n"));
        assertThat(frame(answer.body())).isEqualTo(new Frame(2, "2026-01-01T12:00:00.000000006Z  err\n"));
        assertThat(answer.body().read()).isEqualTo(-1);
    }

    @Test
    void aServicesLogMergesItsTasksByTime() throws IOException {
        log(2).add(1, NOON_NANOS + 1, "first");
        log(2).add(1, NOON_NANOS + 3, "third");
        log(2).end();
        log(3).add(2, NOON_NANOS + 2, "second");
        log(3).end();
        InputStream body = client.open("GET", "/services/web/logs?stdout=1&stderr=1&details=1")
                .body();
        assertThat(frame(body)).isEqualTo(new Frame(1, details("task2") + "first\n"));
        assertThat(frame(body)).isEqualTo(new Frame(2, details("task3") + "second\n"));
        assertThat(frame(body)).isEqualTo(new Frame(1, details("task2") + "third\n"));
        assertThat(body.read()).isEqualTo(-1);
    }

    @Test
    void aNodeThatIsSilentLeavesAPartialLogThatSaysSo() throws IOException {
        log(2).add(1, NOON_NANOS, "here");
        log(2).end();
        InputStream body = client.open("GET", "/services/web/logs?stdout=1").body();
        assertThat(frame(body).text()).isEqualTo("here\n");
        Frame complaint = frame(body);
        assertThat(complaint.stream()).isEqualTo(3);
        assertThat(complaint.text())
                .startsWith("Error grabbing logs: warning: incomplete log stream.")
                .contains("node web1 does not answer");
    }

    @Test
    void followingAServicePicksUpTasksThatComeLater() throws IOException {
        log(2).add(1, NOON_NANOS, "old");
        log(3);
        InputStream body =
                client.open("GET", "/services/web/logs?stdout=1&follow=1").body();
        assertThat(frame(body).text()).isEqualTo("old\n");
        log(4).add(1, NOON_NANOS, "new");
        cluster.put(
                Fixtures.task("task4", Fixtures.SERVICE, 3, TaskState.RUNNING, Fixtures.containerId(4)),
                Fixtures.container(4, "web.3.task4", "running"));
        assertThat(frame(body).text()).isEqualTo("new\n");
        log(3).add(1, NOON_NANOS, "late");
        assertThat(frame(body).text()).isEqualTo("late\n");
        body.close();
        await(() -> log(2).closed && log(3).closed && log(4).closed);
    }

    @Test
    void aClientThatLeavesAnIdleLogEndsTheCallAtTheNode() throws IOException {
        log(2);
        HttpResponse<InputStream> answer = client.open("GET", "/containers/web.1.task2/logs?stdout=1&follow=1");
        assertThat(answer.statusCode()).isEqualTo(200);
        answer.body().close();
        await(() -> log(2).closed);
    }

    @Test
    void waitSendsItsHeadAtOnceAndTheExitCodeLater() throws IOException {
        HttpResponse<InputStream> answer = client.open("POST", "/containers/web.1.task2/wait");
        assertThat(answer.statusCode()).isEqualTo(200);
        cluster.put(Fixtures.container(2, "web.1.task2", "exited"));
        assertThat(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualToIgnoringNewLines("{\"StatusCode\":3}");
        HttpResponse<InputStream> removed = client.open("POST", "/containers/web.2.task3/wait?condition=removed");
        cluster.remove(ObjectKind.CONTAINER, Fixtures.containerId(3));
        assertThat(new String(removed.body().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualToIgnoringNewLines("{\"StatusCode\":0}");
    }

    @Test
    void eventsReplayInOrderOfTimeAndGoOnLive() throws IOException {
        long now = Instant.now().getEpochSecond() * 1_000_000_000L;
        for (int i = 0; i < 20; i++) {
            cluster.event("container", "old" + i, "id" + i, Map.of("image", "busybox"), now + i);
        }
        HttpResponse<InputStream> answer = client.open("GET", "/v1.50/events?since=" + (now / 1_000_000_000L - 60));
        BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        for (int i = 0; i < 20; i++) {
            assertThat(lines.readLine())
                    .contains("\"Action\":\"old" + i + "\"", "\"status\":\"old" + i + "\"", "\"from\":\"busybox\"");
        }
        cluster.event("container", "live", "id1", Map.of(), now + 99);
        assertThat(lines.readLine()).contains("\"Action\":\"live\"");
        answer.body().close();
        await(() -> gateway.events().listeners() == 0);
    }

    @Test
    void aClientGoesOnWhereItsCursorIs() throws IOException {
        long now = Instant.now().getEpochSecond() * 1_000_000_000L;
        for (int i = 0; i < 20; i++) {
            cluster.event("container", "act" + i, "id" + i, Map.of(), now + i);
        }
        HttpResponse<InputStream> answer = client.open("GET", "/events?cursor=&since=" + (now / 1_000_000_000L - 60));
        BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        String cursor = "";
        for (int i = 0; i < 7; i++) {
            cursor = io.flotilla.bus.codec.Codec.JSON
                    .mapper()
                    .readTree(lines.readLine())
                    .path("Cursor")
                    .asText();
        }
        answer.body().close();
        BufferedReader rest = new BufferedReader(new InputStreamReader(
                client.open("GET", "/events?cursor=" + cursor).body(), StandardCharsets.UTF_8));
        for (int i = 7; i < 20; i++) {
            assertThat(rest.readLine()).contains("\"Action\":\"act" + i + "\"");
        }
        assertThat(client.get("/events?cursor=x").statusCode()).isEqualTo(400);
    }

    @Test
    void eventsEndAtUntilAndAreFiltered() {
        long now = Instant.now().getEpochSecond() * 1_000_000_000L;
        cluster.event("container", "start", "a", Map.of("name", "web"), now);
        cluster.event("network", "connect", "b", Map.of("name", "bridge"), now + 1);
        cluster.event("container", "health_status: healthy", "a", Map.of("name", "web"), now + 2);
        long second = now / 1_000_000_000L;
        String range = "since=" + (second - 5) + "&until=" + (second + 1) + "&";
        assertThat(client.get("/events?" + range + filters("{\"type\":[\"network\"]}"))
                        .body())
                .contains("connect")
                .doesNotContain("start");
        assertThat(client.get("/events?" + range + filters("{\"event\":[\"health_status\"],\"container\":[\"web\"]}"))
                        .body()
                        .lines())
                .hasSize(1);
    }

    @Test
    void aPruneIsToldWithWhatItReclaimed() throws IOException {
        long since = Instant.now().getEpochSecond() - 60;
        for (String kind : List.of("containers", "images", "volumes", "networks")) {
            assertThat(client.post("/" + kind + "/prune", "").statusCode())
                    .as(kind)
                    .isEqualTo(200);
        }
        Instant now = Instant.now();
        String range = "since=%d&until=%d.%09d&".formatted(since, now.getEpochSecond() + 1, now.getNano());
        List<String> types = new ArrayList<>();
        for (String line : client.get("/events?" + range + filters("{\"event\":[\"prune\"]}"))
                .body()
                .lines()
                .toList()) {
            JsonNode event = Codec.JSON.mapper().readTree(line);
            types.add(event.path("Type").asText());
            assertThat(event.path("Action").asText()).isEqualTo("prune");
            assertThat(event.path("Actor"))
                    .isEqualTo(Codec.JSON.mapper().readTree("{\"ID\":\"\",\"Attributes\":{\"reclaimed\":\"0\"}}"));
        }
        assertThat(types).containsExactly("container", "image", "volume", "network");
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        // bounded by the class' timeout
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }
}
