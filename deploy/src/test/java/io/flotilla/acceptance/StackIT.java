package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Stacks of Compose files, as the stock docker client deploys them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StackIT {
    private static final String WEB = """
            version: "3.8"
            services:
              web:
                image: busybox
                command: ["sh", "-c", "trap 'exit 0' TERM; while :; do echo hello $$GREETING; sleep 1 & wait; done"]
                environment:
                  GREETING: %s
                ports: ["18080:80"]
                volumes:
                  - data:/data
                  - {type: tmpfs, target: /scratch}
                networks: [default]
                deploy:
                  replicas: 2
                  labels: {tier: front, flotilla.depends_on: "agent:healthy"}
                  resources:
                    limits: {cpus: "0.5", memory: 64M}
                    reservations: {cpus: "0.1", memory: 16M}
                  restart_policy: {condition: on-failure, delay: 1s, max_attempts: 3, window: 30s}
                  update_config: {parallelism: 2, order: start-first, failure_action: rollback, monitor: 1s}
                  rollback_config: {parallelism: 0}
                  placement:
                    constraints: ["node.role == manager"]
                    preferences: [{spread: node.labels.zone}]
                    max_replicas_per_node: 4
            """;

    private static final String AGENT = """
              agent:
                image: busybox
                command: sleep 1000
                stop_grace_period: 1s
                networks: [default]
                ports:
                  - {target: 81, published: 18081, protocol: tcp, mode: host}
                deploy: {mode: global}
            """;

    private static final String REST = """
            volumes:
              data: {}
            networks:
              default: {external: true, name: bridge}
            """;

    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("stack");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        host.docker("swarm", "init").ok();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private Path file(String... parts) throws IOException {
        return Files.writeString(host.dataDir().resolve("stack.yml"), String.join("", parts));
    }

    private List<String> services(String... more) {
        String[] words = {"stack", "services", "--format", "{{.Name}} {{.Mode}} {{.Replicas}}", "shop"};
        String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return host.docker(all).lines().stream().sorted().toList();
    }

    @Test
    void aStackIsDeployedUpdatedPrunedAndRemoved() throws IOException {
        Path first = file(WEB.formatted("one"), AGENT, REST);
        assertThat(host.docker("stack", "config", "-c", first.toString()).ok()).contains("max_replicas_per_node: 4");
        host.docker("stack", "deploy", "--detach=false", "-c", first.toString(), "shop")
                .ok();

        assertThat(services()).containsExactly("shop_agent global 1/1", "shop_web replicated 2/2 (max 4 per node)");
        assertThat(services("--filter", "label=tier=front")).hasSize(1);
        assertThat(host.docker("stack", "ls", "--format", "{{.Name}} {{.Services}}")
                        .ok())
                .isEqualTo("shop 2");
        assertThat(host.docker("stack", "ps", "--format", "{{.Name}} {{.DesiredState}}", "shop")
                        .lines())
                .contains("shop_web.1 Running", "shop_web.2 Running");
        assertThat(host.docker("volume", "ls", "-q").ok()).contains("shop_data");
        eventually(
                "what the service says",
                () -> host.docker("service", "logs", "shop_web").ok(),
                log -> log.contains("hello one"));

        Path second = file(WEB.formatted("two"), REST);
        host.docker(
                        "stack",
                        "deploy",
                        "--detach=false",
                        "--prune",
                        "--resolve-image",
                        "never",
                        "-c",
                        second.toString(),
                        "shop")
                .ok();
        assertThat(services()).containsExactly("shop_web replicated 2/2 (max 4 per node)");
        assertThat(host.docker("service", "inspect", "-f", "{{.UpdateStatus.State}}", "shop_web")
                        .ok())
                .isEqualTo("completed");
        eventually(
                "what the updated service says",
                () -> host.docker("service", "logs", "shop_web").ok(),
                log -> log.contains("hello two"));

        host.docker("stack", "rm", "shop").ok();
        assertThat(host.docker("stack", "ls", "--format", "{{.Name}}").ok()).isEmpty();
        eventually("no container of the stack", () -> host.docker("ps", "-q").ok(), String::isEmpty);
    }

    @Test
    void whatAStackCannotHaveIsNamed() throws IOException {
        Path file = file("version: '3.8'\nservices:\n  x: {image: busybox}\n");
        assertThat(host.docker("stack", "deploy", "-c", file.toString(), "own").err())
                .contains("failed to create network own_default")
                .contains("not supported by this version of Flotilla");
        assertThat(host.docker("stack", "ps", "nothing").err()).contains("nothing found in stack: nothing");
    }
}
