package io.flotilla.gateway;

import static io.flotilla.gateway.RawHttp.bytes;
import static io.flotilla.gateway.RawHttp.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that send a body nobody reads, all of it before they look for an answer. */
@QuarkusTest
class UnreadBodyTest extends ServedCluster {
    private static final byte[] LARGE = new byte[20 << 20];
    private static final byte[] SMALL = new byte[1000];
    private static final byte[] PING = bytes(request("GET", "/_ping"));

    @BeforeEach
    void start() {
        cluster.put(Fixtures.node(), Fixtures.cluster());
    }

    private static byte[] head(String target, String... headers) {
        return bytes(request("POST", target, headers));
    }

    @Test
    void aLargeUploadIsRefusedAndTheConnectionClosed() {
        assertRefused(501, head("/build", "Content-Length: " + LARGE.length), LARGE);
        assertRefused(404, head("/containers/nope/kill", "Content-Length: " + LARGE.length), LARGE);
        assertRefused(400, head("/v1.99/build", "Content-Length: " + LARGE.length), LARGE);
        assertRefused(
                413,
                head("/services/create", "Content-Type: application/json", "Content-Length: " + LARGE.length),
                LARGE);
    }

    @Test
    void aLargeUploadInChunksIsRefusedAndTheConnectionClosed() {
        byte[] size = bytes(Integer.toHexString(LARGE.length) + "\r\n");
        assertRefused(501, head("/v1.41/build", "Transfer-Encoding: chunked"), size, LARGE, bytes("\r\n0\r\n\r\n"));
    }

    private void assertRefused(int status, byte[] head, byte[]... body) {
        try (RawHttp client = new RawHttp(root)) {
            assertThat(client.send(head, body)).isTrue();
            RawHttp.Answer answer = client.answer().orElseThrow();
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.body()).startsWith("{\"message\":\"");
            assertThat(answer.closes()).isTrue();
            client.assertClosed();
        }
    }

    @Test
    void aSmallBodyIsReadAwayAndTheConnectionGoesOn() {
        try (RawHttp client = new RawHttp(root)) {
            client.send(head("/build", "Content-Length: " + SMALL.length), SMALL, PING);
            RawHttp.Answer refusal = client.answer().orElseThrow();
            assertThat(refusal.status()).isEqualTo(501);
            assertThat(refusal.closes()).isFalse();
            assertThat(client.answer().orElseThrow().body()).isEqualTo("OK");
        }
    }

    @Test
    void aRequestBehindAnUnreadUploadIsNotCarriedOut() {
        try (RawHttp client = new RawHttp(root)) {
            client.send(
                    head("/build", "Content-Length: " + LARGE.length),
                    LARGE,
                    head("/swarm/leave", "Content-Length: 0"));
            assertThat(client.answer().orElseThrow().status()).isEqualTo(501);
            client.assertClosed();
            assertThat(cluster.commands).isEmpty();
        }
    }

    @Test
    void whoAskedForLeaveToSendAndGotNoneFindsTheConnectionClosed() {
        try (RawHttp client = new RawHttp(root)) {
            client.send(head("/build", "Content-Length: 10", "Expect: 100-continue"));
            RawHttp.Answer refusal = client.answer().orElseThrow();
            assertThat(refusal.status()).isEqualTo(501);
            assertThat(refusal.closes()).isTrue();
            client.assertClosed();
        }
    }

    @Test
    void whoAsksForLeaveToSendAnArchiveGetsItBeforeTheAnswer() {
        cluster.put(Fixtures.image());
        try (RawHttp client = new RawHttp(root)) {
            client.send(head("/images/load", "Content-Length: " + LARGE.length, "Expect: 100-continue"));
            assertThat(client.answer().orElseThrow().status()).isEqualTo(100);
            client.send(LARGE);
            RawHttp.Answer answer = client.answer().orElseThrow();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).contains("Loaded image: busybox:latest");
            assertThat(answer.closes()).isFalse();
        }
    }
}
