package io.flotilla.agent.image.transfer;

import static io.flotilla.agent.image.transfer.ScriptedRegistry.answer;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.image.ImageBytes;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.agent.image.layer.UnpackLimits;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registries that lie, break off, redirect and want tokens. Whatever is refused leaves nothing on the node. */
class HostileRegistryTest {
    private static final byte[] TAR = new TarBytes()
            .file("data", new byte[300_000], entry -> {})
            .file("name", "app")
            .bytes();
    private static final byte[] LAYER = TarBytes.gzip(TAR);
    private static final ImageBytes IMAGE = ImageBytes.of("app", List.of(TAR), List.of(LAYER));

    /** This server's HTTP does not always notice that a client begins with TLS: it is to be tried without soon. */
    private static final RegistryOptions HASTY = new RegistryOptions(
            List.of(),
            RegistryOptions.LOOPBACK,
            List.of(),
            Duration.ofSeconds(5),
            Duration.ofMillis(500),
            4,
            Duration.ofMillis(20));

    private Path temp;
    private ScriptedRegistry registry;
    private Node node;

    @BeforeEach
    void open(@TempDir Path temporary) throws Exception {
        temp = temporary;
        registry = new ScriptedRegistry().with(IMAGE);
        node = new Node(temp.resolve("node"), HASTY, ImageLimits.defaults());
    }

    @AfterEach
    void close() throws IOException {
        registry.close();
        node.close();
    }

    private void pull() throws Exception {
        ImagePulls.Pulled pulled = node.pull(registry.host() + "/app:1");
        assertThat(pulled.image().id()).isEqualTo(IMAGE.id());
    }

    private void assertRefused(String... words) throws IOException {
        assertThatThrownBy(this::pull).isInstanceOf(ImageRefused.class).hasMessageContainingAll(words);
        assertThat(node.files()).isEmpty();
    }

    @Test
    void honestRegistryIsPulledFrom() throws Exception {
        pull();
    }

    @Test
    void layerWithOtherContentIsRefused() throws Exception {
        byte[] other = LAYER.clone();
        other[other.length / 2] ^= 1;
        registry.on(ScriptedRegistry.path(LAYER), exchange -> answer(exchange, 200, other));
        assertRefused("filesystem layer verification failed for digest sha256:");
    }

    @Test
    void layerLongerThanItsManifestSaysIsRefused() throws Exception {
        byte[] longer = Arrays.copyOf(LAYER, LAYER.length + 10);
        registry.on(ScriptedRegistry.path(LAYER), exchange -> answer(exchange, 200, longer));
        assertRefused("is larger than the " + LAYER.length + " bytes");
    }

    @Test
    void layerThatUnpacksToMoreThanTheLimitIsRefused() throws Exception {
        node.close();
        ImageLimits small = new ImageLimits(ImageLimits.defaults().archive(), new UnpackLimits(100_000, 1000));
        node = new Node(temp.resolve("small"), HASTY, small);
        assertRefused("100000 bytes");
    }

    @Test
    void layerThatLeavesItsFolderIsRefused() throws Exception {
        byte[] tar = new TarBytes()
                .symlink("out", "../../..")
                .file("../../evil", "x")
                .bytes();
        registry.with(ImageBytes.of("evil", List.of(tar), List.of(tar)));
        assertThatThrownBy(this::pull).isInstanceOf(ImageRefused.class);
        assertThat(node.files()).isEmpty();
    }

    @Test
    void configurationWithOtherContentIsRefused() throws Exception {
        registry.on(ScriptedRegistry.path(IMAGE.config()), exchange -> answer(exchange, 200, "{}".getBytes(UTF_8)));
        assertThatThrownBy(this::pull).hasMessageContaining("image config verification failed");
        assertThat(node.files()).isEmpty();
    }

    @Test
    void layerThatBreaksOffIsTakenUpWhereItWas() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        registry.on(ScriptedRegistry.path(LAYER), exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            int to = calls.incrementAndGet() < 3 ? from + (LAYER.length - from) / 2 : LAYER.length;
            exchange.sendResponseHeaders(from == 0 ? 200 : 206, LAYER.length - from);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(LAYER, from, to - from);
                out.flush();
            } catch (IOException cutOff) {
                exchange.close();
            }
        });
        pull();
        assertThat(calls).hasValue(3);
    }

    @Test
    void layerThatStaysCutOffFailsAndSaysHowFarItCame() throws Exception {
        registry.on(ScriptedRegistry.path(LAYER), exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.close();
        });
        assertThatThrownBy(this::pull)
                .isInstanceOf(RegistryFailure.class)
                .hasMessageContaining("ends after 0 of " + LAYER.length + " bytes");
        assertThat(node.files()).isEmpty();
    }

    @Test
    void redirectedBlobDoesNotTakeTheTokenToAnotherHost() throws Exception {
        try (ScriptedRegistry storage = new ScriptedRegistry()) {
            storage.on("/layer", exchange -> answer(exchange, 200, LAYER));
            wantToken();
            String location = "http://" + storage.host() + "/layer";
            authorized(ScriptedRegistry.path(LAYER), exchange -> {
                exchange.getResponseHeaders().add("Location", location);
                answer(exchange, 307, new byte[0]);
            });
            pull();
            assertThat(storage.requests).containsExactly("GET /layer");
        }
    }

    @Test
    void tokenIsFetchedWithThePasswordAndForTheRepository() throws Exception {
        wantToken();
        node.pull(registry.host() + "/app:1", Node.password("ann", "secret"));
        assertThat(registry.requests)
                .contains("GET /token Basic YW5uOnNlY3JldA==", "GET /v2/app/manifests/1 Bearer t1")
                .filteredOn(request -> request.startsWith("GET /token"))
                .hasSize(1);
    }

    @Test
    void tokenThatRanOutIsFetchedAnew() throws Exception {
        wantToken();
        AtomicInteger refusals = new AtomicInteger();
        ScriptedRegistry.Handler blob = registry.handler(ScriptedRegistry.path(LAYER));
        registry.on(ScriptedRegistry.path(LAYER), exchange -> {
            if (refusals.getAndIncrement() == 0) {
                exchange.getResponseHeaders()
                        .add(
                                "WWW-Authenticate",
                                "Bearer realm=\"http://" + registry.host() + "/token\",error=\"invalid_token\"");
                answer(exchange, 401, new byte[0]);
            } else {
                blob.handle(exchange);
            }
        });
        pull();
        assertThat(registry.requests).anyMatch(request -> request.endsWith("Bearer t2"));
    }

    @Test
    void deniedPullIsSaidInDockersWords() throws Exception {
        registry.on("/v2/app/manifests/1", exchange -> {
            exchange.getResponseHeaders()
                    .add(
                            "WWW-Authenticate",
                            "Bearer realm=\"http://" + registry.host() + "/token\",error=\"insufficient_scope\"");
            answer(exchange, 401, new byte[0]);
        });
        registry.on("/token", exchange -> answer(exchange, 200, "{\"token\":\"t\"}".getBytes(UTF_8)));
        assertThatThrownBy(this::pull)
                .hasMessage(
                        "pull access denied for " + registry.host() + "/app, repository does not exist or may require"
                                + " 'docker login': denied: requested access to the resource is denied");
    }

    @Test
    void serverThatFallsOverIsAskedAgain() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        ScriptedRegistry.Handler manifest = registry.handler("/v2/app/manifests/1");
        registry.on("/v2/app/manifests/1", exchange -> {
            if (calls.getAndIncrement() < 2) {
                answer(exchange, 503, new byte[0]);
            } else {
                manifest.handle(exchange);
            }
        });
        pull();
        assertThat(calls).hasValue(3);
    }

    @Test
    void indexWithoutThisMachinesPlatformIsRefused() throws Exception {
        registry.on("/v2/app/manifests/1", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/vnd.oci.image.index.v1+json");
            answer(
                    exchange,
                    200,
                    ("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:" + "1".repeat(64)
                                    + "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}}]}")
                            .getBytes(UTF_8));
        });
        assertRefused("no matching manifest for linux/");
    }

    @Test
    void whatIsNoImageIsRefused() throws Exception {
        for (String manifest : List.of("", "[]", "{}", "{\"config\":1}", "nonsense", "{\"manifests\":[1]}")) {
            registry.on("/v2/app/manifests/1", exchange -> answer(exchange, 200, manifest.getBytes(UTF_8)));
            assertThatThrownBy(this::pull).as(manifest).isInstanceOfAny(ImageRefused.class, RegistryFailure.class);
        }
        assertThat(node.files()).isEmpty();
    }

    /** Everything asks for a bearer token; each fetched one has the next number. */
    private void wantToken() {
        AtomicInteger tokens = new AtomicInteger();
        registry.on(
                "/token",
                exchange ->
                        answer(exchange, 200, ("{\"token\":\"t" + tokens.incrementAndGet() + "\"}").getBytes(UTF_8)));
        for (String path : List.of(
                "/v2/", "/v2/app/manifests/1", ScriptedRegistry.path(LAYER), ScriptedRegistry.path(IMAGE.config()))) {
            authorized(path, registry.handler(path));
        }
    }

    private void authorized(String path, ScriptedRegistry.Handler then) {
        registry.on(path, exchange -> {
            if (exchange.getRequestHeaders().containsKey("Authorization")) {
                then.handle(exchange);
                return;
            }
            exchange.getResponseHeaders()
                    .add("WWW-Authenticate", "Bearer realm=\"http://" + registry.host() + "/token\",service=\"s\"");
            answer(exchange, 401, new byte[0]);
        });
    }

    @Test
    void credentialsAreNotShown() {
        assertThat(new Credentials("ann", "secret", null, "token", null).toString())
                .doesNotContain("ann", "secret", "token");
    }
}
