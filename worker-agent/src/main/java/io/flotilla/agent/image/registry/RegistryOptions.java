package io.flotilla.agent.image.registry;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How registries are reached.
 *
 * @param mirrors asked before Docker Hub, in this order
 * @param insecure host[:port] or CIDR of registries whose certificate is not verified and that may speak plain HTTP
 * @param certificates folders with one folder a registry (host:port) of Docker's certs.d: *.crt are authorities, *.cert and
 *     *.key a client's certificate; earlier folders win
 * @param connectTimeout of one connection
 * @param stallTimeout without a byte in either direction, after which a transfer is broken off and tried again
 * @param attempts of one request, or of one piece of a blob that comes in pieces
 * @param firstRetry pause before the second attempt, which doubles with each
 */
public record RegistryOptions(
        List<URI> mirrors,
        List<String> insecure,
        List<Path> certificates,
        Duration connectTimeout,
        Duration stallTimeout,
        int attempts,
        Duration firstRetry) {
    /** As Docker: who can listen on loopback is this host. */
    public static final List<String> LOOPBACK = List.of("127.0.0.0/8", "::1/128");

    public RegistryOptions {
        mirrors = List.copyOf(mirrors);
        insecure = List.copyOf(insecure);
        certificates = List.copyOf(certificates);
    }

    public static RegistryOptions defaults() {
        return new RegistryOptions(
                List.of(),
                LOOPBACK,
                List.of(Path.of("/etc/flotilla/certs.d"), Path.of("/etc/docker/certs.d")),
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                5,
                Duration.ofSeconds(1));
    }

    public RegistryOptions withMirrors(List<URI> others) {
        return new RegistryOptions(others, insecure, certificates, connectTimeout, stallTimeout, attempts, firstRetry);
    }

    /** @param more besides loopback */
    public RegistryOptions withInsecure(List<String> more) {
        List<String> all =
                java.util.stream.Stream.concat(LOOPBACK.stream(), more.stream()).toList();
        return new RegistryOptions(mirrors, all, certificates, connectTimeout, stallTimeout, attempts, firstRetry);
    }
}
