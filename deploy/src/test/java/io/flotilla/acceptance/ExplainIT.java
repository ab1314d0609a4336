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

/** What Swarm lacks, through the stock docker client and the launcher: explain, depends_on, autoscaling. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ExplainIT {
    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("explain");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        host.docker("swarm", "init").ok();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private String explain(String... words) {
        return host.flotilla("explain", words).out();
    }

    /** Waits for it: an event is published after what it tells of can be seen. */
    private String event(String action) {
        return eventually(
                "an event " + action,
                () -> host.docker("events", "--since", "1h", "--until", "0s", "--filter", "event=" + action)
                        .ok(),
                told -> !told.isEmpty());
    }

    @Test
    void aServiceThatFitsNowhereIsExplainedWithItsRemedy() {
        host.docker("service", "create", "-d", "--name", "big", "--reserve-memory", "900G", "busybox", "sleep", "1000")
                .ok();
        String big = eventually(
                "the reason",
                () -> explain("service", "big"),
                text -> text.contains("insufficient resources on 1 node"));

        assertThat(big)
                .contains("Wanted  1 replica of busybox")
                .contains("Seen    1 pending")
                .contains("--reserve-memory");
        assertThat(host.flotilla("explain", "big").exitCode()).isEqualTo(1);
        assertThat(explain("big.1")).startsWith("task big.1.").contains("Wanted  running");
        assertThat(explain("node", "web1", "--json")).contains("\"Wanted\" : \"takes tasks\"");
        assertThat(host.flotilla("explain", "nothing").err()).contains("is called nothing");
        host.docker("service", "rm", "big").ok();
    }

    @Test
    void aContainerThatEndedIsExplained() {
        host.docker("run", "--name", "gone", "busybox", "sh", "-c", "exit 3");
        assertThat(explain("gone"))
                .startsWith("container gone")
                .contains("its process ended with exit code 3")
                .contains("it has no restart policy");
        host.docker("rm", "gone").ok();
    }

    @Test
    void aServiceWaitsForThoseItDependsOn() {
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        "web",
                        "--label",
                        "flotilla.depends_on=db:healthy,migrate:completed",
                        "busybox",
                        "sleep",
                        "1000")
                .ok();
        eventually(
                "the reason",
                () -> explain("web"),
                text -> text.contains(
                        "waiting for service db to be created; waiting for service migrate to be created"));
        host.docker("service", "create", "-d", "--name", "db", "busybox", "sleep", "1000")
                .ok();
        eventually(
                "the job as the last to wait for",
                () -> host.docker("service", "ps", "--no-trunc", "--format", "{{.Error}}", "web")
                        .ok(),
                error -> error.equals("\"waiting for service migrate to be created\""));
        host.docker("service", "create", "-d", "--name", "migrate", "--mode", "replicated-job", "busybox", "true")
                .ok();
        host.awaitRunning("web", 1);

        assertThat(explain("web")).contains("it is as wanted");
        assertThat(event("dependencies_met")).contains("name=web");
        assertThat(host.docker("service", "create", "--label", "flotilla.depends_on=db:ready", "busybox")
                        .err())
                .contains("is not SERVICE[:CONDITION]");
        host.docker("service", "rm", "web", "db", "migrate").ok();
    }

    @Test
    void aBusyServiceGetsMoreReplicas() {
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        "busy",
                        "--limit-cpu",
                        "0.1",
                        "--label",
                        "flotilla.autoscale.max=2",
                        "--label",
                        "flotilla.autoscale.cpu=10",
                        "--label",
                        "flotilla.autoscale.cooldown=1s",
                        "busybox",
                        "sh",
                        "-c",
                        "while :; do :; done")
                .ok();
        host.awaitRunning("busy", 2);

        assertThat(event("autoscale"))
                .contains("replicas.new=2")
                .contains("replicas.old=1")
                .contains("% CPU in the mean, the target is 10%");
        assertThat(explain("busy")).contains("autoscaled from 1 to 2 replicas");
        host.docker("service", "rm", "busy").ok();
    }

    @Test
    void aServiceHasAsManyReplicasAsItsConnectionsNeed() {
        assertThat(requests("unseen", "--detach").err())
                .contains("label flotilla.autoscale.requests needs a published port");
        requests("asked", "--publish", "8091:80").ok();
        host.awaitRunning("asked", 1);
        eventually("more replicas while there are connections", () -> connectAndCount("asked"), "2/2"::equals);
        eventually("fewer when they have ended", () -> replicas("asked"), "1/1"::equals);

        host.awaitRunning("asked", 1);
        List<String> decisions = eventually(
                "decisions up and down",
                () -> event("autoscale")
                        .lines()
                        .filter(event -> event.contains("name=asked"))
                        .toList(),
                events -> events.stream().anyMatch(event -> event.contains("replicas.new=1")));
        assertThat(decisions).allMatch(event -> event.contains("connections/s in the mean, the target is 1"));
        assertThat(decisions.getFirst()).contains("replicas.old=1").contains("replicas.new=2");
        assertThat(decisions.getLast()).contains("replicas.old=2").contains("replicas.new=1");
        assertThat(explain("asked")).contains("autoscaled from 2 to 1 replicas: tasks get");
        host.docker("service", "rm", "asked").ok();
    }

    private Shell.Result requests(String name, String... options) {
        List<String> words = new ArrayList<>(List.of("service", "create", "-d", "--name", name));
        for (String label : List.of("max=2", "requests=1", "cooldown=1s")) {
            words.addAll(List.of("--label", "flotilla.autoscale." + label));
        }
        words.addAll(List.of(options));
        words.addAll(List.of("busybox", "httpd", "-f", "-p", "80", "-h", "/etc"));
        return host.docker(words.toArray(String[]::new));
    }

    private String replicas(String service) {
        return host.docker("service", "ls", "--filter", "name=" + service, "--format", "{{.Replicas}}")
                .ok();
    }

    /** Fifty connections, for the server ends each after its answer; and the replicas after them. */
    private String connectAndCount(String service) {
        host.inside("curl", "-s", "-o", "/dev/null", "-H", "Connection: close", "http://127.0.0.1:8091/?[1-50]");
        return replicas(service);
    }
}
