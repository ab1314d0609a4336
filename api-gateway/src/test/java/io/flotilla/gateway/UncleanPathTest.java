package io.flotilla.gateway;

import static io.flotilla.gateway.RawHttp.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a path leads to besides its names is for the client to say again, as with dockerd. */
@QuarkusTest
class UncleanPathTest extends ServedCluster {
    @ParameterizedTest
    @CsvSource({
        "GET, /containers/../volumes/x, /volumes/x",
        "GET, /containers//web.1.task2/json, /containers/web.1.task2/json",
        "DELETE, /containers/%2Fweb%2Fdb?link=1, /containers/web/db?link=1",
        "DELETE, /containers/%2e%2e%2fvolumes%2Fx?force=1, /volumes/x?force=1",
        "POST, /v1.41//containers/create, /v1.41/containers/create",
        "GET, /v1.41/images/./a%20b/json, /v1.41/images/a%20b/json",
        "DELETE, /secrets/%2F%0d%0aX:y, /secrets/%0D%0AX:y",
        "GET, /containers/é/../%c3%a9/json, /containers/%C3%A9/json",
        "GET, /volumes/a+b/../c%2Bd, /volumes/c+d",
        "PUT, /containers/%25/../x/archive?path=%2e%2e, /containers/x/archive?path=%2e%2e",
    })
    void anUncleanPathIsSentToTheCleanOne(String method, String target, String location) {
        try (RawHttp client = new RawHttp(root)) {
            client.send(bytes(RawHttp.request(method, target, "Content-Length: 0")));
            RawHttp.Answer answer = client.answer().orElseThrow();
            assertThat(answer.status()).isEqualTo(301);
            assertThat(answer.head().lines().map(String::toLowerCase))
                    .contains("location: " + location.toLowerCase(java.util.Locale.ROOT));
        }
        assertThat(cluster.commands).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"/images/localhost%2Fx/json", "/images/a..b/json", "/volumes/.../", "/v1.41/containers/%252e%252e/json"
    })
    void aCleanOneIsAnswered(String target) {
        try (RawHttp client = new RawHttp(root)) {
            client.send(bytes(RawHttp.request("GET", target)));
            assertThat(client.answer().orElseThrow().status()).isBetween(400, 499);
        }
    }
}
