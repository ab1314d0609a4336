package io.flotilla.agent.image.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageBytes;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryFailure.Reason;
import io.flotilla.agent.image.registry.RegistryOptions;
import io.flotilla.agent.image.registry.RegistryReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls and pushes against Debian's docker-registry. */
class RealRegistryTest {
    private Path temp;
    private RealRegistry registry;
    private Node node;
    private Node other;

    @BeforeEach
    void open(@TempDir Path temporary) throws Exception {
        temp = temporary;
        registry = new RealRegistry(temp.resolve("registry"));
        node = new Node(temp.resolve("node"));
        other = new Node(temp.resolve("other"));
    }

    @AfterEach
    void close() throws IOException {
        registry.close();
        node.close();
        other.close();
    }

    private static byte[] noise(int bytes, long seed) {
        byte[] noise = new byte[bytes];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    private static ImageBytes image(String name, int bytes) {
        byte[] base =
                new TarBytes().folder("etc", 0755).file("etc/base", "shared").bytes();
        byte[] top = new TarBytes()
                .file("name", name)
                .file("noise", noise(bytes, name.hashCode()), entry -> {})
                .bytes();
        return ImageBytes.of(name, List.of(base, top), List.of(base, TarBytes.gzip(top)));
    }

    @Test
    void pushedImageIsPulledUnderTheSameIdByTagAndByDigest() throws Exception {
        registry.start();
        StoredImage image = node.load(image("web", 1000));
        ImagePushes.Pushed pushed = node.push(image, registry.host() + "/team/web:1");

        ImagePulls.Pulled pulled = other.pull(registry.host() + "/team/web:1");

        assertThat(pulled.image().id()).isEqualTo(image.id());
        assertThat(pulled.digest()).isEqualTo(pushed.digest());
        assertThat(pulled.image().names()).containsExactly(registry.host() + "/team/web:1");
        assertThat(other.told)
                .startsWith("1: Pulling from team/web")
                .endsWith("Digest: " + pushed.digest())
                .anyMatch(line -> line.endsWith(": Downloading"))
                .anyMatch(line -> line.endsWith(": Download complete"))
                .anyMatch(line -> line.endsWith(": Extracting"))
                .anyMatch(line -> line.endsWith(": Pull complete"));

        ImagePulls.Pulled again = other.pull(registry.host() + "/team/web@" + pushed.digest());
        assertThat(again.image().id()).isEqualTo(image.id());
    }

    @Test
    void secondPushSendsNothingAndAnotherRepositoryGetsItsLayersMounted() throws Exception {
        registry.start();
        StoredImage image = node.load(image("web", 1000));
        node.push(image, registry.host() + "/one:1");
        assertThat(node.told).filteredOn(line -> line.endsWith(": Pushed")).hasSize(2);

        node.told.clear();
        node.push(image, registry.host() + "/one:2");
        assertThat(node.told)
                .filteredOn(line -> line.endsWith(": Layer already exists"))
                .hasSize(2);

        node.told.clear();
        node.push(image, registry.host() + "/two:1");
        assertThat(node.told)
                .filteredOn(line -> line.endsWith(": Mounted from one"))
                .hasSize(2);
        assertThat(other.pull(registry.host() + "/two:1").image().id()).isEqualTo(image.id());
    }

    @Test
    void pullGoesOnWhereItWasWhenTheRegistryIsKilledAndComesBack() throws Exception {
        registry.start();
        StoredImage image = node.load(image("large", 8 << 20));
        node.push(image, registry.host() + "/large:1");

        other.onProgress(killOnce("Downloading", true));
        assertThat(other.pull(registry.host() + "/large:1").image().id()).isEqualTo(image.id());
        assertThat(other.told).anyMatch(line -> line.contains(": Retrying in 1 second"));
    }

    @Test
    void pullFromARegistryThatDiesNamesItAndLeavesNothing() throws Exception {
        registry.start();
        StoredImage image = node.load(image("large", 8 << 20));
        node.push(image, registry.host() + "/large:1");

        other.onProgress(killOnce("Downloading", false));
        assertThatThrownBy(() -> other.pull(registry.host() + "/large:1"))
                .isInstanceOf(RegistryFailure.class)
                .hasMessageContaining(registry.host())
                .hasMessageContaining("connection refused");
        other.awaitFiles(List::isEmpty);
        assertThat(other.store.list()).isEmpty();
    }

    @Test
    void pushBeginsALayerAgainWhenTheRegistryIsKilledAndComesBack() throws Exception {
        registry.start();
        StoredImage image = node.load(image("large", 8 << 20));
        node.onProgress(killOnce("Pushing", true));

        node.push(image, registry.host() + "/large:1");

        assertThat(other.pull(registry.host() + "/large:1").image().id()).isEqualTo(image.id());
    }

    @Test
    void pushToARegistryThatDiesFails() throws Exception {
        registry.start();
        StoredImage image = node.load(image("large", 8 << 20));
        node.onProgress(killOnce("Pushing", false));

        assertThatThrownBy(() -> node.push(image, registry.host() + "/large:1"))
                .isInstanceOf(RegistryFailure.class)
                .hasMessageContaining(registry.host());
        assertThat(node.files()).noneMatch(file -> file.startsWith("incoming/"));
    }

    /** When the first such message comes, in the middle of the transfer. */
    private Consumer<ObjectNode> killOnce(String status, boolean restart) {
        AtomicBoolean first = new AtomicBoolean(true);
        return message -> {
            if (message.path("status").asText().equals(status)
                    && message.path("progressDetail").path("current").asLong()
                            < message.path("progressDetail").path("total").asLong()
                    && first.getAndSet(false)) {
                registry.kill();
                if (restart) {
                    try {
                        registry.start();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            }
        };
    }

    @Test
    void concurrentPullsOfOneImageDownloadEachLayerOnce() throws Exception {
        registry.start();
        StoredImage image = node.load(image("shared", 4 << 20));
        node.push(image, registry.host() + "/shared:1");
        try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
            List<Future<String>> pulls = IntStream.range(0, 4)
                    .mapToObj(i -> callers.submit(() ->
                            other.pull(registry.host() + "/shared:1").image().id()))
                    .toList();
            for (Future<String> pull : pulls) {
                assertThat(pull.get()).isEqualTo(image.id());
            }
        }
        assertThat(other.files()).hasSize(1 + 2 + 3 + 2);
    }

    @Test
    void abandonedPullLeavesNothing() throws Exception {
        registry.start();
        StoredImage image = node.load(image("two", 8 << 20));
        node.push(image, registry.host() + "/two:1");
        AtomicReference<Thread> puller = new AtomicReference<>();
        AtomicReference<Exception> failure = new AtomicReference<>();
        other.onProgress(message -> {
            Thread waiting = puller.get();
            if (message.path("status").asText().equals("Downloading") && waiting != null) {
                waiting.interrupt();
            }
        });
        Thread waits = Thread.ofPlatform().unstarted(() -> {
            try {
                other.pull(registry.host() + "/two:1");
            } catch (Exception e) {
                failure.set(e);
            }
        });
        puller.set(waits);
        waits.start();
        waits.join();
        assertThat(failure.get()).isInstanceOf(InterruptedException.class);
        assertThat(other.store.list()).isEmpty();
        other.onProgress(message -> {});
        assertThat(other.pull(registry.host() + "/two:1").image().id()).isEqualTo(image.id());
        other.awaitFiles(files -> files.stream().noneMatch(file -> file.startsWith("incoming/")));
    }

    @Test
    void whatIsNotThereIsSaidInDockersWords() throws Exception {
        registry.start();
        node.push(node.load(image("web", 10)), registry.host() + "/web:1");
        assertThatThrownBy(() -> other.pull(registry.host() + "/web:2"))
                .hasMessage("manifest for " + registry.host() + "/web:2 not found: manifest unknown: manifest unknown")
                .satisfies(e -> assertThat(((RegistryFailure) e).reason()).isEqualTo(Reason.NOT_FOUND));
        assertThatThrownBy(() -> other.transfers
                        .pulls()
                        .tags(RegistryReference.parse(registry.host() + "/none"), Credentials.NONE))
                .hasMessageContaining("repository " + registry.host() + "/none not found: name unknown");
    }

    @Test
    void allTagsOfARepositoryAreListed() throws Exception {
        registry.start();
        StoredImage image = node.load(image("web", 10));
        node.push(image, registry.host() + "/web:1");
        node.push(image, registry.host() + "/web:2");
        assertThat(other.transfers.pulls().tags(RegistryReference.parse(registry.host() + "/web"), Credentials.NONE))
                .containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void passwordIsNeededWhereTheRegistryWantsOne() throws Exception {
        registry.withPassword("ann", "secret").start();
        StoredImage image = node.load(image("web", 10));
        String name = registry.host() + "/web:1";
        assertThatThrownBy(() -> node.push(image, name))
                .isInstanceOf(RegistryFailure.class)
                .hasMessageContaining("no basic auth credentials");
        assertThatThrownBy(() -> node.push(image, name, Node.password("ann", "wrong")))
                .hasMessageContaining("unauthorized: authentication required");

        node.push(image, name, Node.password("ann", "secret"));
        assertThat(other.pull(name, Node.password("ann", "secret")).image().id())
                .isEqualTo(image.id());

        Credentials right = new Credentials("ann", "secret", registry.host(), null, null);
        assertThat(other.transfers.registries().login(right)).isEmpty();
        Credentials wrong = new Credentials("ann", "wrong", registry.host(), null, null);
        assertThatThrownBy(() -> other.transfers.registries().login(wrong))
                .satisfies(e -> assertThat(((RegistryFailure) e).reason()).isEqualTo(Reason.UNAUTHORIZED));
    }

    @Test
    void mirrorIsAskedForWhatDockerHubHas() throws Exception {
        registry.start();
        StoredImage image = node.load(image("hello", 10));
        node.push(image, registry.host() + "/library/hello-world:latest");
        try (Node mirrored = new Node(
                temp.resolve("mirrored"), Node.mirrored("http://" + registry.host()), ImageLimits.defaults())) {
            ImagePulls.Pulled pulled = mirrored.pull("hello-world:latest");
            assertThat(pulled.image().id()).isEqualTo(image.id());
            assertThat(pulled.image().names()).containsExactly("hello-world:latest");
            assertThat(mirrored.told).startsWith("latest: Pulling from library/hello-world");
        }
    }

    @Test
    void certificateOfAPrivateAuthorityIsTrustedWhereCertsDSaysSo() throws Exception {
        Path pki = Files.createDirectories(temp.resolve("pki"));
        Certificates certificates = Certificates.make(pki);
        registry.withTls(certificates.server(), certificates.serverKey(), certificates.authority())
                .start();
        RegistryOptions strict = new RegistryOptions(
                List.of(),
                List.of(),
                List.of(temp.resolve("certs.d")),
                Node.OPTIONS.connectTimeout(),
                Node.OPTIONS.stallTimeout(),
                1,
                Node.OPTIONS.firstRetry());
        try (Node verifying = new Node(temp.resolve("verifying"), strict, ImageLimits.defaults())) {
            StoredImage image = verifying.load(image("web", 10));
            assertThatThrownBy(() -> verifying.push(image, registry.host() + "/web:1"))
                    .hasMessageContaining("certificate signed by unknown authority");

            Path folder = Files.createDirectories(temp.resolve("certs.d").resolve(registry.host()));
            Files.copy(certificates.authority(), folder.resolve("ca.crt"));
            assertThatThrownBy(() -> verifying.push(image, registry.host() + "/web:1"))
                    .as("the registry wants a client's certificate")
                    .isInstanceOf(RegistryFailure.class);

            Files.copy(certificates.client(), folder.resolve("client.cert"));
            Files.copy(certificates.clientKey(), folder.resolve("client.key"));
            verifying.push(image, registry.host() + "/web:1");
            verifying.store.remove(image.id());
            assertThat(verifying.pull(registry.host() + "/web:1").image().id()).isEqualTo(image.id());
        }
    }

    @Test
    void loopbackNeedsNoTrustedCertificate() throws Exception {
        Certificates certificates = Certificates.make(Files.createDirectories(temp.resolve("pki")));
        registry.withTls(certificates.server(), certificates.serverKey(), null).start();
        StoredImage image = node.load(image("web", 10));
        node.push(image, registry.host() + "/web:1");
        assertThat(other.pull(registry.host() + "/web:1").image().id()).isEqualTo(image.id());
    }
}
