package io.flotilla.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Clients other than the docker CLI use an instance as their engine: docker-java, Testcontainers, docker-compose. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsIT {
    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("clie");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    @Test
    void dockerJavaRunsAndExecutes() {
        assertThat(program("DockerJavaProgram", host.endpoint()).lines())
                .contains("status 3", "log hellooops", "memory 67108864", "exec typed 0");
        assertThat(host.docker("ps", "-aq").ok()).isEmpty();
    }

    @Test
    void testcontainersStartsFetchesAndStops() {
        assertThat(program("TestcontainersProgram").lines()).contains("page a page", "exec a page 0", "stopped");
        assertThat(host.docker("ps", "-aq").ok()).isEmpty();
    }

    @Test
    void composeBringsTwoServicesUpAndDown(@TempDir Path project) throws IOException {
        Path file = Files.writeString(project.resolve("docker-compose.yml"), """
                version: "3"
                services:
                  web:
                    image: busybox:latest
                    command: httpd -f -p 80
                    network_mode: bridge
                    environment: {COLOUR: green}
                  worker:
                    image: busybox:latest
                    command: sh -c 'echo at work; sleep 1000'
                    network_mode: bridge
                    stop_grace_period: 1s
                """);

        compose(file, "up", "-d").ok();

        assertThat(compose(file, "ps", "-q").lines()).hasSize(2);
        assertThat(compose(file, "logs", "--no-color", "worker").ok()).contains("at work");
        assertThat(compose(file, "exec", "-T", "web", "sh", "-c", "echo $COLOUR")
                        .ok())
                .isEqualTo("green");
        compose(file, "down").ok();
        assertThat(host.docker("ps", "-aq").ok()).isEmpty();
    }

    private Shell.Result compose(Path file, String... arguments) {
        return host.client("docker-compose", "-f", file.toString()).run(arguments);
    }

    /** Another JVM: a client library takes its endpoint from the environment, and its ports are the host's. */
    private Shell.Result program(String name, String... arguments) {
        return host.client(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.flotilla.acceptance." + name)
                .run(arguments);
    }
}
