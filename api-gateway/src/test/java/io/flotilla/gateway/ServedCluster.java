package io.flotilla.gateway;

import jakarta.inject.Inject;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A gateway that serves a cluster which is not there: a test says what it has, and sees what it is asked. */
abstract class ServedCluster {
    @Inject
    Gateway gateway;

    @Inject
    @ConfigProperty(name = "test.url")
    URI root;

    final FakeCluster cluster = new FakeCluster();
    ApiClient client;

    @BeforeEach
    void serve() {
        client = new ApiClient(root);
        gateway.start(
                cluster.bus,
                new GatewayConfig(Fixtures.NODE, "1.2.3", "abc", "", List.of("127.0.0.1:1")),
                cluster,
                cluster.agents());
    }

    @AfterEach
    void close() {
        client.close();
        gateway.close();
    }
}
