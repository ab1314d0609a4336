package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Jobs, as a user of the stock docker client has them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JobsIT {
    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("jobs");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        host.docker("swarm", "init").ok();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private Shell.Result create(String name, String mode, String... more) {
        List<String> words = new ArrayList<>(List.of("service", "create", "--name", name, "--mode", mode));
        words.addAll(List.of(more));
        return host.docker(words.toArray(String[]::new));
    }

    private String listed(String name) {
        return host.docker("service", "ls", "--filter", "name=" + name, "--format", "{{.Mode}} {{.Replicas}}")
                .ok();
    }

    private void awaitListed(String name, String wanted) {
        eventually("service ls says " + wanted, () -> listed(name), wanted::equals);
    }

    private List<String> tasks(String name) {
        return host.docker(
                        "service",
                        "ps",
                        name,
                        "--no-trunc",
                        "--format",
                        "{{.DesiredState}} {{.CurrentState}} {{.Error}}")
                .lines();
    }

    private String inspected(String name, String format) {
        return host.docker("service", "inspect", name, "-f", format).ok();
    }

    @Test
    void replicatedJobRunsAsOftenAsAskedWhileTheClientWatchesAndAnewWhenItIsScaled() {
        String said = create("counted", "replicated-job", "--max-concurrent", "2", "--replicas", "5", "busybox", "true")
                .ok();
        assertThat(said).contains("active tasks: 0 out of 0 tasks", "job complete");
        assertThat(listed("counted")).isEqualTo("replicated job 0/2 (5/5 completed)");
        assertThat(tasks("counted")).hasSize(5).allMatch(task -> task.startsWith("Complete Complete "));

        host.docker("service", "scale", "-d", "counted=3").ok();
        awaitListed("counted", "replicated job 0/2 (3/3 completed)");
        assertThat(inspected("counted", "{{.JobStatus.JobIteration.Index}} {{.UpdateStatus}}"))
                .isEqualTo("1 <nil>");
        host.docker("service", "rm", "counted").ok();
    }

    @Test
    void globalJobRunsOnceOnTheNode() {
        assertThat(create("everywhere", "global-job", "busybox", "true").ok()).contains("job complete");
        assertThat(listed("everywhere")).isEqualTo("global job 0/0 (1/1 completed)");
        host.docker("service", "rm", "everywhere").ok();
    }

    @Test
    void jobIsExecutedAnewByForceAndWhatRunsOfItIsRemoved() {
        create(
                        "long",
                        "replicated-job",
                        "-d",
                        "--max-concurrent",
                        "2",
                        "--replicas",
                        "3",
                        "--stop-signal",
                        "KILL",
                        "busybox",
                        "sleep",
                        "1000")
                .ok();
        awaitListed("long", "replicated job 2/2 (0/3 completed)");
        List<String> before = host.containers("long");

        host.docker("service", "update", "-d", "--force", "long").ok();
        eventually(
                "two other containers",
                () -> host.containers("long"),
                now -> now.size() == 2 && now.stream().noneMatch(before::contains));
        assertThat(listed("long")).isEqualTo("replicated job 2/2 (0/3 completed)");
        host.docker("service", "rm", "long").ok();
    }

    @Test
    void failedTaskIsTriedAgainAsItsRestartPolicyAllows() {
        create(
                        "flaky",
                        "replicated-job",
                        "-d",
                        "--restart-delay",
                        "100ms",
                        "--mount",
                        "type=volume,src=tries,dst=/data",
                        "busybox",
                        "sh",
                        "-c",
                        "test -e /data/tried || { touch /data/tried; exit 3; }")
                .ok();
        awaitListed("flaky", "replicated job 0/1 (1/1 completed)");
        assertThat(tasks("flaky")).hasSize(2).last().asString().contains("Failed", "task: non-zero exit (3)");

        create("hopeless", "replicated-job", "-d", "--replicas", "2", "--restart-condition", "none", "busybox", "false")
                .ok();
        eventually(
                "both have failed",
                () -> tasks("hopeless"),
                tasks -> tasks.size() == 2 && tasks.stream().allMatch(task -> task.startsWith("Shutdown Failed ")));
        assertThat(listed("hopeless")).isEqualTo("replicated job 0/2 (0/2 completed)");
        host.docker("service", "rm", "flaky", "hopeless").ok();
    }

    @Test
    void jobWithAScheduleWaitsForItsTimeOrForForce() {
        String schedule = "flotilla.cron.schedule=";
        assertThat(create("wrong", "replicated-job", "-d", "--label", schedule + "61 * * * *", "busybox", "true")
                        .err())
                .contains("label flotilla.cron.schedule: \"61\" is no minute: 0 to 59");

        create("yearly", "replicated-job", "-d", "--label", schedule + "@yearly", "busybox", "true")
                .ok();
        eventually(
                "its next time",
                () -> inspected("yearly", "{{.UpdateStatus.Message}}"),
                message -> message.matches("next execution at [0-9]{4}-01-01T00:00:00Z"));
        assertThat(listed("yearly")).isEqualTo("replicated job 0/1 (0/1 completed)");
        assertThat(host.docker("service", "ps", "-q", "yearly").ok()).isEmpty();

        host.docker("service", "update", "-d", "--force", "yearly").ok();
        awaitListed("yearly", "replicated job 0/1 (1/1 completed)");
        host.docker("service", "rm", "yearly").ok();
    }
}
