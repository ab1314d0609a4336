package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Updates, rollbacks and health checks of services, as the stock docker client shows them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UpdatesIT {
    private static final String WEB = "web";

    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("upd");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        host.docker("swarm", "init").ok();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    @AfterEach
    void remove() {
        host.docker("service", "rm", WEB).ok();
        eventually("its containers are gone", () -> host.containers(WEB), List::isEmpty);
    }

    /** Two replicas that stop at once, are restarted at once, and are watched for a second. */
    private Shell.Result create(String... more) {
        List<String> words = new ArrayList<>(List.of(
                "service",
                "create",
                "--name",
                WEB,
                "--replicas",
                "2",
                "--stop-signal",
                "KILL",
                "--restart-delay",
                "100ms",
                "--update-monitor",
                "1s",
                "--rollback-monitor",
                "1s"));
        words.addAll(List.of(more));
        return host.docker(words.toArray(String[]::new));
    }

    private Shell.Result update(String... more) {
        List<String> words = new ArrayList<>(List.of("service", "update", "--detach=false"));
        words.addAll(List.of(more));
        words.add(WEB);
        return host.docker(words.toArray(String[]::new));
    }

    private String status() {
        return host.docker("service", "inspect", WEB, "-f", "{{.UpdateStatus.State}}: {{.UpdateStatus.Message}}")
                .ok();
    }

    private void awaitStatus(String wanted) {
        eventually("update status " + wanted, this::status, wanted::equals);
    }

    @Test
    void updateIsWatchedUntilItsTasksAreStableAndRolledBackOnRequest() {
        assertThat(create("busybox", "sleep", "1000").ok()).contains("2 out of 2 tasks", "converged");
        assertThat(update("--env-add", "A=1", "--update-parallelism", "0").ok()).contains("converged");
        awaitStatus("completed: update completed");
        assertThat(host.docker(
                                "inspect",
                                "-f",
                                "{{.Config.Env}}",
                                host.containers(WEB).getFirst())
                        .ok())
                .contains("A=1");

        assertThat(host.docker("service", "rollback", "--detach=false", WEB).ok())
                .contains("manually requested rollback", "converged");
        awaitStatus("rollback_completed: rollback completed");
        assertThat(host.docker(
                                "inspect",
                                "-f",
                                "{{.Config.Env}}",
                                host.containers(WEB).getFirst())
                        .ok())
                .doesNotContain("A=1");
    }

    @Test
    void updateWhoseTaskFailsPausesWithTheReasonAndLeavesTheOthersAlone() {
        create("busybox", "sleep", "1000").ok();
        List<String> before = host.containers(WEB);

        Shell.Result failed = update("--args", "/missing");
        assertThat(failed.exitCode()).isNotZero();
        assertThat(failed.err())
                .contains("service update paused: update paused due to failure or early termination of task ");
        assertThat(status()).startsWith("paused: update paused due to failure or early termination of task ");
        assertThat(host.containers(WEB)).hasSize(1).isSubsetOf(before);
    }

    @Test
    void updateWhoseTaskFailsIsRolledBackAndNoHealthyTaskTouched() {
        create("--update-failure-action", "rollback", "busybox", "sleep", "1000")
                .ok();
        List<String> before = host.containers(WEB);

        Shell.Result rolledBack = update("--args", "/missing");
        assertThat(rolledBack.out()).contains("update rolled back due to failure or early termination of task ");
        awaitStatus("rollback_completed: rollback completed");
        host.awaitRunning(WEB, 2);
        assertThat(host.containers(WEB).stream().filter(before::contains)).hasSize(1);
        assertThat(host.docker("service", "rollback", "-d", WEB).err()).contains("does not have a previous spec");
    }

    @Test
    void taskCountsAsUpOnceItsHealthCheckSaysSo() {
        String[] probe = {"--health-cmd", "test -e /tmp/ready", "--health-interval", "200ms", "--health-retries", "50"};
        assertThat(create(words(probe, "busybox", "sh", "-c", "sleep 1; touch /tmp/ready; exec sleep 1000"))
                        .ok())
                .contains("converged");
        assertThat(host.docker(
                                "inspect",
                                "-f",
                                "{{.State.Health.Status}}",
                                host.containers(WEB).getFirst())
                        .ok())
                .isEqualTo("healthy");
        List<String> before = host.containers(WEB);

        // the old one serves until the new one is healthy, which is never
        Shell.Result failed = update("--update-order", "start-first", "--health-retries", "1", "--args", "sleep 1000");
        assertThat(failed.err()).contains("service update paused: update paused due to failure");
        assertThat(host.containers(WEB)).containsAll(before);
        assertThat(host.docker("service", "ps", WEB, "--no-trunc", "--format", "{{.Error}}")
                        .ok())
                .contains("task: non-zero exit (137): dockerexec: unhealthy container");
    }

    @Test
    void serviceChangedInTheMiddleOfItsUpdateGoesOnWithTheLatest() {
        create("--update-delay", "1h", "busybox", "sleep", "1000").ok();
        host.docker("service", "update", "-d", "--env-add", "A=1", WEB).ok();
        eventually("the first is replaced", this::versions, versions -> versions.contains("A=1"));
        assertThat(status()).isEqualTo("updating: update in progress");

        assertThat(update("--env-add", "A=2", "--update-delay", "0s").ok()).contains("converged");
        awaitStatus("completed: update completed");
        assertThat(versions()).containsOnly("A=2");
    }

    /** A of each running container that has one. */
    private List<String> versions() {
        return host.containers(WEB).stream()
                .flatMap(id ->
                        host.docker("inspect", "-f", "{{range .Config.Env}}{{println .}}{{end}}", id).lines().stream())
                .filter(entry -> entry.startsWith("A="))
                .toList();
    }

    private static String[] words(String[] first, String... rest) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(rest));
        return all.toArray(String[]::new);
    }
}
