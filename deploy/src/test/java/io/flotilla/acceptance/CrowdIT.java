package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Many containers at once, and what they have to do with one another. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CrowdIT {
    private static final int CONTAINERS = 60;
    private static final int CLIENTS = 12;
    private static final int LINES = 1_000_000;

    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("crowd");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    /** What a failed test left is not the next one's failure. */
    @AfterEach
    void removeContainers() {
        List<String> left = host.docker("ps", "-aq").lines();
        if (!left.isEmpty()) {
            docker(left, "rm", "-f");
        }
    }

    /** One client that names several containers. */
    private List<String> docker(List<String> containers, String... words) {
        return host.docker(Stream.concat(Stream.of(words), containers.stream()).toArray(String[]::new))
                .lines();
    }

    @Test
    void sixtyContainersAreMadeRunStopAndLeaveNothing() throws Exception {
        List<String> names =
                IntStream.range(0, CONTAINERS).mapToObj("crowd%02d"::formatted).toList();
        List<String> links = host.inside("ip", "-o", "link").lines();
        for (int from = 0; from < CONTAINERS; from += CLIENTS) {
            List<Process> clients = new ArrayList<>();
            for (String name : names.subList(from, from + CLIENTS)) {
                clients.add(host.dockerInBackground(
                        host.scratch(name), "create", "--name", name, "busybox", "sleep", "1000"));
            }
            for (Process client : clients) {
                assertThat(client.waitFor()).isZero();
            }
        }
        docker(names, "start");
        assertThat(host.docker("ps", "--format", "{{.Names}}").lines()).containsExactlyInAnyOrderElementsOf(names);
        List<Path> processes = docker(names, "inspect", "-f", "{{.State.Pid}}").stream()
                .map(pid -> Path.of("/proc", pid))
                .toList();
        assertThat(processes).doesNotHaveDuplicates().allSatisfy(process -> assertThat(process)
                .exists());
        assertThat(docker(names, "inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}"))
                .hasSize(CONTAINERS)
                .doesNotHaveDuplicates()
                .doesNotContain("");

        docker(names.subList(0, CONTAINERS / 2), "stop", "-t", "0");
        assertThat(host.docker("ps", "-q").lines()).hasSize(CONTAINERS / 2);
        docker(names, "rm", "-f");

        assertThat(host.docker("ps", "-aq").ok()).isEmpty();
        assertThat(processes).noneMatch(Files::exists);
        assertThat(host.inside("ip", "-o", "link").lines().size())
                .as("network devices")
                // the bridge comes with the first container
                .isLessThanOrEqualTo(links.size() + 1);
        String instance = host.instanceName();
        String cgroups = "*/flotilla-" + instance + "/*";
        assertThat(Host.machine("find", "/sys/fs/cgroup", "-type", "d", "-path", cgroups, "-name", "[0-9a-f]*")
                        .ok())
                .as("cgroups")
                .isEmpty();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
                .as("mounts")
                .doesNotContain("/" + instance + "/");
        assertThat(host.docker("system", "df", "--format", "{{.Type}} {{.TotalCount}}")
                        .ok())
                .contains("Containers 0");
    }

    @Test
    void aLinkIsANameUntilItIsRemoved() {
        // a container's ID is a word of /etc/hosts too, and may have a "db" in it: -w below
        host.docker("run", "-d", "--name", "redis", "busybox", "sleep", "1000").ok();
        host.docker("run", "-d", "--name", "web", "--link", "redis:db", "busybox", "sleep", "1000")
                .ok();
        host.docker("rename", "redis", "store").ok();
        assertThat(host.docker("inspect", "-f", "{{.HostConfig.Links}}", "web").ok())
                .isEqualTo("[/store:/web/db]");
        assertThat(host.docker("exec", "web", "grep", "-cw", "db", "/etc/hosts").ok())
                .isEqualTo("1");
        assertThat(host.docker("restart", "-t", "0", "web").exitCode()).isZero();
        host.docker("rm", "--link", "web/db").ok();
        assertThat(host.docker("inspect", "-f", "{{.HostConfig.Links}}", "web").ok())
                .isEqualTo("[]");
        assertThat(host.docker("exec", "web", "grep", "-cw", "db", "/etc/hosts").out())
                .isEqualTo("0\n");
        assertThat(host.docker("rm", "--link", "web/db").err()).contains("No such container: web/db");
        host.docker("rm", "-f", "web", "store").ok();
    }

    @Test
    void anExecIsNamedAtOnceAndACommitLetsItsContainerGoOn() {
        host.docker("run", "-d", "--name", "busy", "busybox", "sleep", "1000").ok();
        assertThat(host.docker("inspect", "-f", "{{json .ExecIDs}}", "busy").ok())
                .isEqualTo("null");
        host.docker("exec", "-d", "busy", "sleep", "1000").ok();
        assertThat(host.docker("inspect", "-f", "{{len .ExecIDs}}", "busy").ok())
                .isEqualTo("1");
        host.docker("commit", "busy", "busy:1").ok();
        assertThat(host.docker("inspect", "-f", "{{.State.Status}}", "busy").ok())
                .isEqualTo("running");
        assertThat(host.docker("exec", "busy", "echo", "goes on").ok()).isEqualTo("goes on");
        host.docker("rm", "-f", "busy").ok();
        host.docker("rmi", "busy:1").ok();
    }

    @Test
    void aFollowerGetsEveryLineOfAFastLogThatRotates() throws Exception {
        host.docker(
                        "run",
                        "-d",
                        "--name",
                        "fast",
                        "--log-opt",
                        "max-size=1m",
                        "busybox",
                        "sh",
                        "-c",
                        "echo begin; until [ -e /go ]; do sleep 0.1; done; yes 0123456789 | head -n " + LINES)
                .ok();
        Path followed = host.scratch("followed");
        Process follower = host.dockerInBackground(followed, "logs", "-f", "fast");
        eventually("the follower's first line", () -> size(followed), bytes -> bytes > 0);
        host.docker("exec", "fast", "touch", "/go").ok();
        assertThat(follower.waitFor()).isZero();
        assertThat(size(followed)).isEqualTo("begin\n".length() + LINES * 11L);
        host.docker("rm", "fast").ok();
    }

    private static long size(Path file) {
        return file.toFile().length();
    }

    @Test
    void prunesAreTold() {
        host.docker("volume", "create", "pruned").ok();
        host.docker("volume", "prune", "-f", "-a").ok();
        host.docker("network", "prune", "-f").ok();
        host.docker("image", "prune", "-f").ok();
        host.docker("container", "prune", "-f").ok();
        assertThat(host.docker(
                                "events",
                                "--since",
                                "10m",
                                // the client cuts off parts of a second
                                "--until=-2s",
                                "--filter",
                                "event=prune",
                                "--format",
                                "{{.Type}} {{.Actor.Attributes.reclaimed}}")
                        .lines())
                .containsSubsequence("volume 0", "network 0", "image 0", "container 0");
    }
}
