package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** A new user's first hour on one machine, in order, with the stock docker client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class OneMachineIT {
    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("one");
        assertThat(host.flotilla("up", "--node-name", "web1").ok())
                .isEqualTo("export DOCKER_HOST=unix://" + host.dataDir() + "/flotilla.sock");
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    @Test
    @Order(1)
    void aSecondUpSaysThatItRuns() {
        Shell.Result again = host.flotilla("up");

        assertThat(again.ok()).startsWith("export DOCKER_HOST=");
        assertThat(again.err()).contains("already running");
    }

    @Test
    @Order(2)
    void theClientFindsAnEngine() {
        assertThat(host.docker("version", "--format", "{{.Server.APIVersion}}").ok())
                .isEqualTo("1.52");
        String info = host.docker("info").ok();
        assertThat(info).contains("Swarm: inactive", "Name: web1", "Storage Driver: overlay2", "Operating System:");
        assertThat(host.flotilla("status").ok()).contains("running, pid", "Swarm    inactive");
    }

    @Test
    @Order(3)
    void swarmCallsBeforeInitAnswerAsDocker() {
        Shell.Result list = host.docker("service", "ls");

        assertThat(list.exitCode()).isEqualTo(1);
        assertThat(list.err()).contains("This node is not a swarm manager");
    }

    @Test
    @Order(4)
    void theNodeBecomesASwarmAndImagesAreLoaded() {
        assertThat(host.docker("swarm", "init", "--advertise-addr", "127.0.0.1").ok())
                .contains("is now a manager");
        assertThat(host.docker("info", "--format", "{{.Swarm.LocalNodeState}}").ok())
                .isEqualTo("active");
        host.load("busybox");
        host.load("nginx");
        assertThat(host.docker("images", "--format", "{{.Repository}}:{{.Tag}}").lines())
                .contains("busybox:latest", "nginx:latest");
        assertThat(host.docker("history", "-q", "nginx").lines()).isNotEmpty();
        host.docker("tag", "busybox", "tools:1").ok();
        assertThat(host.docker("rmi", "tools:1").ok()).contains("Untagged: tools:1");
    }

    @Test
    @Order(5)
    void aPublishedServiceAnswersFromEveryReplica() {
        host.docker("service", "create", "--name", "web", "--replicas", "3", "--publish", "8080:80", "nginx")
                .ok();
        host.awaitRunning("web", 3);
        for (int i = 0; i < 60; i++) {
            host.inside("curl", "-sf", "--max-time", "5", "http://127.0.0.1:8080/")
                    .ok();
        }
        for (String container : host.containers("web")) {
            eventually(
                    "an access line in " + container,
                    () -> host.docker("logs", container).ok(),
                    log -> log.contains("GET / HTTP"));
        }
    }

    /** Datagrams, too, are balanced: each of another source port may go to another replica. */
    @Test
    @Order(6)
    void aPublishedUdpPortAnswersFromEveryReplica() {
        String answer = """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.bind(("", 5353))
                while True:
                    s.sendto(socket.gethostname().encode() + b"\\n", s.recvfrom(64)[1])
                """;
        host.load("python");
        host.docker(
                        "service",
                        "create",
                        "--name",
                        "names",
                        "--replicas",
                        "3",
                        "--hostname",
                        "names-{{.Task.Slot}}",
                        "--publish",
                        "53:5353/udp",
                        "python",
                        "python3",
                        "-c",
                        answer)
                .ok();
        host.awaitRunning("names", 3);

        String ask = "exec 3<>/dev/udp/127.0.0.1/53; echo who >&3; timeout 2 head -n 1 <&3";
        TreeSet<String> answers = new TreeSet<>();
        eventually(
                "all replicas' answers",
                () -> {
                    answers.addAll(host.inside("bash", "-c", ask).out().lines().toList());
                    return answers;
                },
                seen -> seen.equals(Set.of("names-1", "names-2", "names-3")));
        host.docker("service", "rm", "names").ok();
        eventually("no container of it", () -> host.containers("names"), List::isEmpty);
    }

    @Test
    @Order(7)
    void listsAndInspectsServices() {
        assertThat(host.docker("service", "ls", "--format", "{{.Name}} {{.Mode}} {{.Replicas}} {{.Ports}}")
                        .ok())
                .isEqualTo("web replicated 3/3 *:8080->80/tcp");
        assertThat(host.docker("service", "inspect", "--pretty", "web").ok())
                .contains("Name:\t\tweb", "Replicas:\t3", "PublishedPort = 8080", "Image:\t\tnginx");
        assertThat(host.docker("service", "ps", "web", "--format", "{{.Name}} {{.Node}} {{.DesiredState}}")
                        .lines())
                .as(host.docker("service", "ps", "--no-trunc", "web").ok())
                .containsExactlyInAnyOrder("web.1 web1 Running", "web.2 web1 Running", "web.3 web1 Running");
    }

    @Test
    @Order(8)
    void followsTheLogsOfAService() throws Exception {
        Path out = host.scratch("service-logs");
        Process follow = host.dockerInBackground(out, "service", "logs", "-f", "--tail", "0", "web");
        try {
            eventually(
                    "a followed line",
                    () -> {
                        host.inside("curl", "-sf", "http://127.0.0.1:8080/followed");
                        return Shell.read(out);
                    },
                    text -> text.contains("/followed") && text.contains("@web1"));
        } finally {
            follow.destroy();
            follow.waitFor();
        }
    }

    @Test
    @Order(9)
    void scalesUpdatesAndRollsBack() {
        host.docker("service", "scale", "web=5").ok();
        host.awaitRunning("web", 5);
        host.docker("service", "scale", "web=2").ok();
        host.awaitRunning("web", 2);

        host.docker("service", "update", "--env-add", "COLOUR=blue", "web").ok();
        for (String container :
                eventually("two updated containers", () -> host.containers("web"), c -> c.size() == 2)) {
            assertThat(host.docker("inspect", "-f", "{{.Config.Env}}", container)
                            .ok())
                    .contains("COLOUR=blue");
        }
        host.docker("service", "update", "--image", "busybox", "--args", "httpd -f -p 80", "web")
                .ok();
        assertThat(host.docker("service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", "web")
                        .ok())
                .startsWith("busybox");
        host.docker("service", "rollback", "web").ok();
        assertThat(host.docker("service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", "web")
                        .ok())
                .startsWith("nginx");
        host.awaitRunning("web", 2);
        host.inside("curl", "-sf", "http://127.0.0.1:8080/").ok();
    }

    @Test
    @Order(10)
    void drainMovesTasksAwayAndActiveBringsThemBack() {
        String node = host.docker("node", "ls", "-q").ok();
        assertThat(host.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.ManagerStatus}}")
                        .ok())
                .isEqualTo("web1 Ready Leader");
        assertThat(host.docker("node", "inspect", "--pretty", "self").ok()).contains("Hostname:", "web1");

        host.docker("node", "update", "--availability", "drain", node).ok();
        eventually("no container of a drained node", () -> host.containers("web"), List::isEmpty);
        assertThat(host.docker("service", "ps", "web", "--no-trunc", "--filter", "desired-state=running")
                        .ok())
                .contains("no suitable node");
        host.docker("node", "update", "--availability", "active", node).ok();
        host.awaitRunning("web", 2);
    }

    @Test
    @Order(11)
    void containersOfTasksCanBeLookedInto() {
        String container = host.containers("web").getFirst();
        assertThat(host.docker("ps", "--format", "{{.Image}} {{.Status}}").lines())
                .allMatch(line -> line.startsWith("nginx") && line.contains(" Up "));
        assertThat(host.docker("inspect", "-f", "{{.State.Status}}", container).ok())
                .isEqualTo("running");
        assertThat(host.docker("top", container).ok()).contains("PID", "nginx");
        assertThat(host.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}} {{.PIDs}}", container)
                        .ok())
                .startsWith("web.")
                .contains("iB / ");
        assertThat(host.docker("network", "ls", "--format", "{{.Name}}").lines())
                .contains("bridge", "host", "none");
        assertThat(host.docker("system", "df").ok()).contains("Images");
    }

    @Test
    @Order(12)
    void aKilledContainerAndAKilledProcessAreReplaced() {
        List<String> before = host.containers("web");
        host.docker("kill", before.getFirst()).ok();
        eventually(
                "a replacement of the killed container",
                () -> host.containers("web"),
                now -> now.size() == 2 && !now.contains(before.getFirst()));
        int pid = host.pid(before.getLast());
        Host.machine("kill", "-9", Integer.toString(pid)).ok();
        List<String> after = eventually(
                "a replacement of the killed process",
                () -> host.containers("web"),
                now -> now.size() == 2 && !now.contains(before.getLast()));

        assertThat(after).doesNotContainAnyElementsOf(before);
        assertThat(host.docker("service", "ps", "web", "--no-trunc", "--format", "{{.CurrentState}} {{.Error}}")
                        .ok())
                .contains("non-zero exit (137)");
    }

    @Test
    @Order(13)
    void whatIsPendingSaysWhy() {
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        "nowhere",
                        "--constraint",
                        "node.labels.x==y",
                        "busybox",
                        "sleep",
                        "1d")
                .ok();

        eventually(
                "the reason",
                () -> host.docker("service", "ps", "--no-trunc", "nowhere").ok(),
                text -> text.contains("Pending")
                        && text.contains("no suitable node (scheduling constraints not satisfied on 1 node)"));
        host.docker("service", "rm", "nowhere").ok();
    }

    @Test
    @Order(14)
    void eventsTellWhatHappened() {
        String events = host.docker("events", "--since", "10m", "--until", "0s", "--format", "{{.Type}} {{.Action}}")
                .ok();

        assertThat(events.lines())
                .contains(
                        "image load",
                        "service create",
                        "service update",
                        "node update",
                        "container create",
                        "container start",
                        "container kill",
                        "container die");
    }

    @Test
    @Order(15)
    void aKilledFlotillaComesBackToTheSameContainers() {
        host.docker("service", "create", "-d", "--name", "sleepers", "--replicas", "3", "busybox", "sleep", "1d")
                .ok();
        host.awaitRunning("sleepers", 3);
        Map<String, Integer> before = pids();

        host.kill9();
        for (int pid : before.values()) {
            assertThat(Path.of("/proc/" + pid)).exists();
        }
        host.flotilla("up").ok();

        assertThat(host.docker("service", "ls", "-q").lines()).hasSize(2);
        host.awaitRunning("sleepers", 3);
        assertThat(pids()).isEqualTo(before);
        host.docker("service", "scale", "sleepers=4").ok();
        host.awaitRunning("sleepers", 4);
        host.inside("curl", "-sf", "http://127.0.0.1:8080/").ok();
    }

    @Test
    @Order(16)
    void downLeavesContainersAndUpTakesThemBack() {
        Map<String, Integer> before = pids();

        host.flotilla("down").ok();
        assertThat(host.flotilla("status").exitCode()).isEqualTo(1);
        for (int pid : before.values()) {
            assertThat(Path.of("/proc/" + pid)).exists();
        }
        host.flotilla("up").ok();
        host.awaitRunning("sleepers", 4);
        assertThat(pids()).isEqualTo(before);
    }

    @Test
    @Order(17)
    void removedServicesLeaveNoContainer() {
        host.docker("service", "rm", "sleepers", "web").ok();

        eventually("no container", () -> host.docker("ps", "-aq").ok(), String::isEmpty);
        assertThat(host.docker("service", "ls", "-q").ok()).isEmpty();
        Shell.Result gone = host.docker("service", "inspect", "web");
        assertThat(gone.err()).contains("no such service: web");
    }

    @Test
    @Order(18)
    void downWithRemovalLeavesNothingInTheKernel() throws IOException {
        host.docker("service", "create", "-d", "--name", "last", "--replicas", "2", "-p", "8081:80", "nginx")
                .ok();
        host.awaitRunning("last", 2);

        host.downLeavesNothing();
    }

    private Map<String, Integer> pids() {
        Map<String, Integer> pids = new HashMap<>();
        for (String container : host.docker("ps", "-q", "--no-trunc").lines()) {
            pids.put(container, host.pid(container));
        }
        assertThat(pids).isNotEmpty();
        return pids;
    }
}
