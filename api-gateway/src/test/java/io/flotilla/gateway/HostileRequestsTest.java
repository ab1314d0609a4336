package io.flotilla.gateway;

import static io.flotilla.gateway.RawHttp.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.TaskState;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.sessions.JqwikSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends: an answer in time, a message where it is a refusal, and nothing changed by what was refused.
 * {@code -Dflotilla.hostile.requests} says how many, {@code -Dflotilla.hostile.seed} which: the same each time unless told.
 */
@QuarkusTest
class HostileRequestsTest extends ServedCluster {
    private static final int REQUESTS = Integer.getInteger("flotilla.hostile.requests", 2_000);
    private static final long SEED = Long.getLong("flotilla.hostile.seed", 1);
    private static final int MAX_SHOWN = 10;

    @BeforeEach
    void start() {
        cluster.put(
                Fixtures.node(),
                Fixtures.bridge(),
                Fixtures.image(),
                Fixtures.cluster(),
                Fixtures.service(Fixtures.SERVICE, "web", 2),
                Fixtures.revision(Fixtures.SERVICE),
                Fixtures.task("task2", Fixtures.SERVICE, 1, TaskState.FAILED, Fixtures.containerId(2)),
                Fixtures.container(2, "web.1.task2", "exited"),
                // what the fake managers say they made
                Fixtures.clusterVolume("x", "data"));
        FakeCluster.Lines log = new FakeCluster.Lines();
        log.end();
        cluster.logs.put(Fixtures.containerId(2), log);
        cluster.containers.sessions = FakeContainers.Session::ended;
    }

    @Test
    void noRequestFailsHangsOrChangesAnythingItIsRefused() {
        assertNone(HostileRequest.any(), REQUESTS, this::wrong);
    }

    @Test
    void noDamagedHeadFailsOrHangs() {
        Arbitrary<String> damaged = Arbitraries.of(
                        RawHttp.request("GET", "/v1.41/services?status=1", "Accept: */*"),
                        RawHttp.request(
                                        "POST",
                                        "/services/create",
                                        "Content-Type: application/json",
                                        "Content-Length: 2")
                                + "{}",
                        RawHttp.request("POST", "/swarm/leave", "Transfer-Encoding: chunked", "Content-Length: 3")
                                + "3\r\nabc\r\n0\r\n\r\n")
                .flatMap(good -> Arbitraries.randomValue(random -> damaged(good, random)));
        assertNone(damaged, REQUESTS / 4, this::wrongAfter);
    }

    @Test
    void aRequestWithoutHostIsRefusedWithAMessage() {
        try (RawHttp client = new RawHttp(root)) {
            client.send(bytes("GET /version HTTP/1.1\r\n\r\n"));
            RawHttp.Answer answer = client.answer().orElseThrow();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).startsWith("{\"message\":\"").contains("Host");
        }
    }

    private static String damaged(String request, Random random) {
        int at = random.nextInt(request.length());
        return switch (random.nextInt(4)) {
            case 0 -> request.substring(0, at) + (char) random.nextInt(0x80) + request.substring(at + 1);
            case 1 -> request.substring(0, at) + request.substring(at + 1);
            case 2 -> request.substring(0, at) + request.substring(random.nextInt(at + 1));
            default -> request.substring(0, at);
        };
    }

    /** @param wrong what is wrong with the answer, if anything */
    private static <T> void assertNone(Arbitrary<T> requests, int count, Function<T, Optional<String>> wrong) {
        List<String> found = new ArrayList<>();
        JqwikSession.run(() -> {
            RandomGenerator<T> generator = requests.generator(count);
            Random random = new Random(SEED);
            for (int i = 0; i < count && found.size() < MAX_SHOWN; i++) {
                wrong.apply(generator.next(random).value()).ifPresent(found::add);
            }
        });
        assertThat(found).as("seed " + SEED).isEmpty();
    }

    private Optional<String> wrong(HostileRequest request) {
        int before = changes();
        try (RawHttp client = new RawHttp(root)) {
            client.send(head(request), framed(request));
            if (!request.framing().complete()) {
                client.endIfUnanswered();
            }
            Optional<RawHttp.Answer> answer = client.answer();
            if (answer.isEmpty() && request.framing().complete()) {
                return Optional.of(request + "\n-> no answer");
            }
            if (answer.isPresent() && !isGood(request, answer.get())) {
                return Optional.of(request + "\n-> " + answer.get());
            }
            boolean refused = answer.isEmpty() || answer.get().status() >= 400;
            // who wants no body does not wait for its end: what is wrong there may be told in place of the answer
            boolean unread =
                    request.operation().body().isEmpty() && !request.framing().complete();
            return refused && changes() != before && !unread
                    ? Optional.of(request + "\n-> refused, and carried out")
                    : Optional.empty();
        } catch (AssertionError hang) {
            return Optional.of(request + "\n-> " + hang.getMessage());
        }
    }

    private int changes() {
        return cluster.commands.size();
    }

    private static boolean isGood(HostileRequest request, RawHttp.Answer answer) {
        if (answer.status() < 400) {
            return true;
        }
        boolean told = request.method().equals("HEAD") || answer.body().startsWith("{\"message\":\"");
        // Docker's own status for a swarm that is there already
        boolean dockers = answer.status() == 503 && answer.body().contains("already part of a swarm");
        return told && (answer.status() < 500 || answer.status() == 501 || dockers);
    }

    private static byte[] head(HostileRequest request) {
        int length = bytes(request.body()).length;
        String framing =
                switch (request.framing()) {
                    case WHOLE -> "Content-Length: " + length;
                    case TRUNCATED -> "Content-Length: " + (length + 100);
                    case IN_CHUNKS, BAD_CHUNK_SIZE -> "Transfer-Encoding: chunked";
                };
        return bytes(RawHttp.request(request.method(), request.target(), "Content-Type: application/json", framing));
    }

    private static byte[] framed(HostileRequest request) {
        byte[] body = bytes(request.body());
        return switch (request.framing()) {
            case WHOLE, TRUNCATED -> body;
            case IN_CHUNKS ->
                body.length == 0
                        ? bytes("0\r\n\r\n")
                        : bytes(Integer.toHexString(body.length) + "\r\n" + request.body() + "\r\n0\r\n\r\n");
            case BAD_CHUNK_SIZE -> bytes("zz\r\n" + request.body());
        };
    }

    /** A damaged head may be a whole request, half of one or none: there is an answer below 500, or the end. */
    private Optional<String> wrongAfter(String head) {
        try (RawHttp client = new RawHttp(root)) {
            client.send(bytes(head));
            client.endIfUnanswered();
            return client.answer()
                    .filter(answer -> answer.status() >= 500 && answer.status() != 501)
                    .map(answer -> head + "\n-> " + answer);
        }
    }
}
