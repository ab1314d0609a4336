package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Volumes, as a user of the stock docker client has them on one machine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class VolumesIT {
    private Host host;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("vol");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private String names(String... more) {
        String[] list = {"volume", "ls", "-q"};
        String[] all = java.util.Arrays.copyOf(list, list.length + more.length);
        System.arraycopy(more, 0, all, list.length, more.length);
        return host.docker(all).ok();
    }

    private String run(String volume, String script) {
        return host.docker("run", "--rm", "-v", volume, "busybox", "sh", "-c", script)
                .ok();
    }

    @Test
    void whatIsWrittenOutlivesContainersUntilTheVolumeIsRemoved() {
        assertThat(host.docker("volume", "create", "--label", "tier=back", "db").ok())
                .isEqualTo("db");
        run("db:/data", "echo kept > /data/f");
        assertThat(run("db:/data:ro", "cat /data/f; touch /data/g 2>/dev/null || echo denied"))
                .isEqualTo("kept\ndenied");
        assertThat(names("-f", "label=tier=back")).isEqualTo("db");
        assertThat(host.docker("volume", "inspect", "-f", "{{.Driver}} {{.Scope}} {{.Labels.tier}}", "db")
                        .ok())
                .isEqualTo("local local back");
        host.docker("create", "--name", "user", "-v", "db:/data", "busybox").ok();
        assertThat(host.docker("volume", "rm", "db").err()).contains("remove db: volume is in use - [");
        assertThat(names("-f", "dangling=true", "-f", "name=db")).isEmpty();
        host.docker("rm", "user").ok();
        host.docker("volume", "rm", "db").ok();
        // without and within a swarm, as dockerd words it
        assertThat(host.docker("volume", "inspect", "db").err()).containsPattern("no such volume|volume db not found");
    }

    @Test
    void anAnonymousVolumeGoesWithItsContainerOrByPrune() {
        host.docker("run", "--rm", "-v", "/a", "busybox", "true").ok();
        host.docker("run", "--name", "left", "-v", "/a", "busybox", "true").ok();
        String name = host.docker("inspect", "-f", "{{(index .Mounts 0).Name}}", "left")
                .ok();
        assertThat(name).matches("[0-9a-f]{64}");
        host.docker("volume", "create", "named").ok();
        host.docker("rm", "left").ok();

        assertThat(names("-f", "dangling=true")).contains(name);
        assertThat(host.docker("volume", "prune", "-f").ok()).contains(name).doesNotContain("named");
        assertThat(host.docker("volume", "prune", "-f", "-a").ok()).contains("named");
    }

    @Test
    void anEmptyVolumeIsFilledFromTheImage() {
        assertThat(run("etc:/etc", "cat /etc/passwd")).startsWith("root:");
        assertThat(run("etc:/other", "cat /other/passwd; stat -c %a:%u /other/shadow"))
                .startsWith("root:")
                .endsWith("640:0");
        assertThat(host.docker(
                                "run",
                                "--rm",
                                "--mount",
                                "type=volume,src=bare,dst=/etc,volume-nocopy",
                                "busybox",
                                "ls",
                                "/etc")
                        .ok())
                .doesNotContain("passwd");
        host.docker("volume", "rm", "etc", "bare").ok();
    }

    @Test
    void aMountedVolumeIsSharedWhileSomeoneRunsAlsoOverTheAgentsDeath() {
        host.docker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m", "fast")
                .ok();
        host.docker("run", "-d", "--name", "holder", "-v", "fast:/f", "busybox", "sleep", "1000")
                .ok();
        run("fast:/f", "echo kept > /f/x");
        host.kill9();
        host.flotilla("up", "--node-name", "web1").ok();

        assertThat(run("fast:/f", "cat /f/x")).isEqualTo("kept");
        host.docker("rm", "-f", "holder").ok();
        assertThat(run("fast:/f", "ls /f")).isEmpty();
        host.docker("volume", "rm", "fast").ok();
    }

    @Test
    void servicesMountVolumesAndLeaveNamedOnes() {
        host.docker("swarm", "init").ok();
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        "s",
                        "--mount",
                        "type=volume,src=shared,dst=/data",
                        "busybox",
                        "sh",
                        "-c",
                        "trap 'exit 0' TERM; echo here > /data/f; sleep 1000 & wait")
                .ok();
        eventually(
                "what the service writes",
                () -> run("shared:/d", "cat /d/f 2>/dev/null || true"),
                written -> written.equals("here"));
        host.docker("service", "rm", "s").ok();
        eventually(
                "the volume's removal, when the service's containers have gone",
                () -> host.docker("volume", "rm", "shared").exitCode(),
                code -> code == 0);
    }
}
