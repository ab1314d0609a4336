package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Secrets and configs, as a user of the stock docker client has them on one machine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SecretsIT {
    private static final String VERSIONED = "flotilla.versioned=true";

    private Path files;
    private Host host;

    @BeforeAll
    void up(@TempDir Path folder) throws IOException {
        files = folder;
        host = Host.make("sec");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        assertThat(host.docker("secret", "ls").err()).contains("This node is not a swarm manager.");
        host.docker("swarm", "init").ok();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private String create(String what, String name, String value, String... options) throws IOException {
        Path file = Files.writeString(files.resolve(name), value);
        String[] words = new String[options.length + 4];
        words[0] = what;
        words[1] = "create";
        System.arraycopy(options, 0, words, 2, options.length);
        words[options.length + 2] = name;
        words[options.length + 3] = file.toString();
        return host.docker(words).ok();
    }

    private String inContainer(String service, String script) {
        String name = host.awaitRunning(service, 1).getFirst().split(" ", 2)[0];
        return host.docker("exec", name, "sh", "-c", script).ok();
    }

    @Test
    void aServiceReadsItsSecretsAndConfigsAndNoneIsWrittenAnywhere() throws IOException {
        create("secret", "db", "correct-horse-battery", "--label", "tier=back");
        create("config", "motd", "welcome-to-the-config");
        create(
                "config",
                "page",
                "{{.Service.Name}} on {{.Node.Hostname}}: {{env \"STAGE\"}} {{secret \"pass\"}}",
                "--template-driver",
                "golang");
        assertThat(host.docker("secret", "ls", "-f", "label=tier=back", "--format", "{{.Name}}")
                        .ok())
                .isEqualTo("db");
        assertThat(host.docker("secret", "inspect", "db").ok())
                .contains("\"Name\": \"db\"")
                .doesNotContain("Data")
                .doesNotContain("Box");
        assertThat(host.docker("config", "inspect", "--pretty", "motd").ok()).contains("welcome-to-the-config");
        assertThat(host.docker("config", "ls", "--format", "{{.Name}}").lines())
                .containsExactlyInAnyOrder("motd", "page");

        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        "web",
                        "--stop-grace-period",
                        "1s",
                        "--env",
                        "STAGE=prod",
                        "--secret",
                        "source=db,target=pass,uid=1000,gid=2000,mode=0400",
                        "--config",
                        "source=motd,target=/etc/motd.txt,mode=0440",
                        "--config",
                        "source=page,target=/page",
                        "busybox",
                        "sleep",
                        "1000")
                .ok();

        assertThat(inContainer("web", "cat /run/secrets/pass; echo; stat -c %u:%g:%a /run/secrets/pass"))
                .isEqualTo("correct-horse-battery\n1000:2000:400");
        assertThat(inContainer("web", "cat /etc/motd.txt; echo; stat -c %u:%g:%a /etc/motd.txt"))
                .isEqualTo("welcome-to-the-config\n0:0:440");
        String reader = host.containers("web").getFirst();
        assertThat(Shell.read(Path.of("/proc/self/mountinfo"))).contains("/values/" + reader);
        assertThat(inContainer("web", "cat /page")).isEqualTo("web on web1: prod correct-horse-battery");
        assertThat(inContainer(
                        "web",
                        "grep -E '/run/secrets/pass|/etc/motd.txt' /proc/mounts | cut -d' ' -f3,4 | cut -d, -f1"))
                .isEqualTo("tmpfs ro\ntmpfs ro");
        assertThat(host.docker("secret", "rm", "db").err())
                .contains("secret 'db' is in use by the following service: web");

        String auth = Base64.getUrlEncoder()
                .encodeToString(
                        "{\"username\":\"u\",\"password\":\"registry-swordfish\"}".getBytes(StandardCharsets.UTF_8));
        host.inside(
                        "curl",
                        "-sS",
                        "--fail-with-body",
                        "--unix-socket",
                        host.dataDir().resolve("flotilla.sock").toString(),
                        "-H",
                        "Content-Type: application/json",
                        "-H",
                        "X-Registry-Auth: " + auth,
                        "-d",
                        "{\"Name\":\"pulls\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"busybox\",\"Args\":[\"sleep\",\"1000\"]}}}",
                        "http://localhost/services/create")
                .ok();
        host.awaitRunning("pulls", 1);

        host.kill9();
        host.flotilla("up", "--node-name", "web1").ok();
        assertThat(inContainer("web", "cat /run/secrets/pass")).isEqualTo("correct-horse-battery");
        host.docker("service", "update", "-d", "--force", "web").ok();
        eventually(
                "a new task reads it too",
                () -> host.docker("service", "inspect", "-f", "{{.UpdateStatus.State}}", "web")
                        .ok(),
                "completed"::equals);
        assertThat(inContainer("web", "cat /run/secrets/pass")).isEqualTo("correct-horse-battery");
        for (String value : List.of("correct-horse-battery", "welcome-to-the-config", "registry-swordfish", auth)) {
            assertNowhere(value);
            assertNowhere(Base64.getEncoder().withoutPadding().encodeToString(value.getBytes(StandardCharsets.UTF_8)));
        }

        host.docker("service", "update", "-d", "--secret-rm", "db", "--config-rm", "motd", "--config-rm", "page", "web")
                .ok();
        eventually(
                "the task without them runs",
                () -> host.docker("service", "inspect", "-f", "{{.UpdateStatus.State}}", "web")
                        .ok(),
                "completed"::equals);
        assertThat(inContainer("web", "ls /run/secrets /page /etc/motd.txt 2>&1 | grep -c 'No such file'"))
                .isEqualTo("3");
        host.docker("secret", "rm", "db").ok();
        host.docker("config", "rm", "motd", "page").ok();
        assertThat(host.docker("secret", "ls", "-q", "-f", "name=db").ok()).isEmpty();
        assertThat(Shell.read(Path.of("/proc/self/mountinfo"))).doesNotContain("/values/" + reader);
        host.docker("service", "rm", "web", "pulls").ok();
    }

    /** Not in the log, the topics, the journals, the layers: in no file of the instance. */
    private void assertNowhere(String value) {
        Shell.Result found =
                Host.machine("grep", "-rlaF", "-e", value, host.dataDir().toString());
        assertThat(found.out()).as(value).isEmpty();
        assertThat(found.exitCode())
                .as("grep's answer for nothing: %s", found.err())
                .isEqualTo(1);
    }

    @Test
    void aNewVersionRollsTheServiceAndARollbackBringsTheOldValueBack() throws IOException {
        String first = create("secret", "api-key", "first-value", "--label", VERSIONED);
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        "api",
                        "--stop-grace-period",
                        "1s",
                        "--secret",
                        "api-key",
                        "busybox",
                        "sleep",
                        "1000")
                .ok();
        assertThat(inContainer("api", "cat /run/secrets/api-key")).isEqualTo("first-value");

        String second = create("secret", "api-key", "second-value", "--label", VERSIONED);

        assertThat(second).isNotEqualTo(first);
        eventually("the new value", () -> value("api"), "second-value"::equals);
        assertThat(host.docker("secret", "inspect", "-f", "{{index .Spec.Labels \"flotilla.version\"}}", "api-key")
                        .ok())
                .isEqualTo("2");
        assertThat(host.docker("secret", "ls", "-q", "-f", "name=api-key").lines())
                .containsExactly(second);
        assertThat(host.docker("secret", "ls", "-q", "-f", "label=flotilla.superseded-by=" + second)
                        .lines())
                .containsExactly(first);

        // until it is over, the service's version grows under the client's hands
        eventually(
                "the end of the update",
                () -> host.docker("service", "inspect", "-f", "{{.UpdateStatus.State}}", "api")
                        .ok(),
                "completed"::equals);
        host.docker("service", "rollback", "-d", "api").ok();
        eventually("the old value", () -> value("api"), "first-value"::equals);
        host.docker("service", "rm", "api").ok();
        host.docker("secret", "rm", "api-key").ok();
        assertThat(host.docker("secret", "ls", "-q", "-f", "label=flotilla.superseded-by")
                        .ok())
                .isEmpty();
    }

    /** Empty while its one task is being replaced. */
    private String value(String service) {
        List<String> containers = host.containers(service);
        return containers.size() == 1
                ? host.docker("exec", containers.getFirst(), "cat", "/run/secrets/api-key")
                        .out()
                : "";
    }

    @Test
    void whatDockerRefusesIsRefusedInItsWords() throws IOException {
        create("secret", "taken", "x");
        Path file = Files.writeString(files.resolve("y"), "y");
        assertThat(host.docker("secret", "create", "taken", file.toString()).err())
                .contains("secret taken already exists");
        assertThat(host.docker("secret", "create", "no/slash", file.toString()).err())
                .contains("invalid name, only 64 [a-zA-Z0-9-_.] characters allowed");
        Path large = Files.writeString(files.resolve("large"), "x".repeat(512_000));
        assertThat(host.docker("secret", "create", "large", large.toString()).err())
                .contains("secret data must be larger than 0 and less than 512000 bytes");
        assertThat(host.docker("secret", "create", "-d", "vault", "driven").err())
                .contains("the secret driver \"vault\" is not supported");
        assertThat(host.docker("config", "rm", "none").err()).contains("config").contains("none");
        host.docker("secret", "rm", "taken").ok();
    }
}
