package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Cluster volumes of a CSI plugin that runs beside the node, as a user of the stock docker client has them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClusterVolumesIT {
    private static final String DRIVER = "csi.example.org";

    private Host host;
    private Path folder;
    private Process plugin;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("csi");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        assertThat(host.docker("volume", "create", "--type", "mount", "--driver", DRIVER, "early")
                        .err())
                .contains("swarm");
        host.docker("swarm", "init").ok();
        folder = host.scratch("csi");
        plugin = startPlugin();
        eventually(
                "the node tells of its plugin",
                () -> host.docker("node", "inspect", "-f", "{{json .Description.CSIInfo}}", "self")
                        .ok(),
                info -> info.contains(DRIVER));
    }

    private Process startPlugin() throws IOException {
        Path socket = host.dataDir().resolve("csi/plugins/folder/csi.sock");
        Files.createDirectories(socket.getParent());
        return host.insideInBackground(
                host.scratch("plugin.out"),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.flotilla.agent.csi.FolderCsiPlugin",
                socket.toString(),
                folder.toString(),
                "node-1",
                "zone=z1");
    }

    @AfterAll
    void down() throws IOException {
        host.flotilla("down", "--remove-containers").ok();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
                .as("mounts")
                .doesNotContain(host.dataDir().toString());
        plugin.destroyForcibly().onExit().join();
        host.close();
    }

    @AfterEach
    void removeServicesThenVolumes() {
        List<String> services = host.docker("service", "ls", "-q").lines();
        services.forEach(service -> host.docker("service", "rm", service).ok());
        for (String volume : host.docker("volume", "ls", "--cluster", "-q").lines()) {
            eventually(
                    "the removal of " + volume + ", once no task has it",
                    () -> host.docker("volume", "rm", volume),
                    removed -> removed.exitCode() == 0 || removed.err().contains("not found"));
        }
        eventually(
                "no volume is left",
                () -> host.docker("volume", "ls", "--cluster", "-q").ok(),
                String::isEmpty);
        assertThat(folder.resolve("volumes")).isEmptyDirectory();
        assertThat(folder.resolve("publications")).isEmptyDirectory();
    }

    private void create(String name, String... more) {
        List<String> words = new ArrayList<>(List.of("volume", "create", "--type", "mount"));
        words.addAll(List.of(more));
        if (!words.contains("--driver")) {
            words.addAll(List.of("--driver", DRIVER));
        }
        words.add(name);
        assertThat(host.docker(words.toArray(String[]::new)).ok()).isEqualTo(name);
    }

    private void service(String name, int replicas, String mount, String script) {
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        name,
                        "--replicas",
                        Integer.toString(replicas),
                        "--stop-grace-period",
                        "1s",
                        "--restart-delay",
                        "1s",
                        "--mount",
                        mount,
                        "busybox",
                        "sh",
                        "-c",
                        script)
                .ok();
    }

    private static String mount(String source) {
        return "type=cluster,source=" + source + ",target=/data";
    }

    /** As the client's list has it. */
    private void awaitStatus(String volume, String status) {
        eventually(
                volume + " is " + status,
                () -> host.docker("volume", "ls", "--format", "{{.Name}}: {{.Status}}")
                        .lines(),
                lines -> lines.contains(volume + ": " + status));
    }

    private void awaitMessage(String volume, String message) {
        eventually(
                volume + " says why",
                () -> host.docker("volume", "inspect", "-f", "{{with .Status}}{{.Message}}{{end}}", volume)
                        .ok(),
                said -> said.contains(message));
    }

    /** What docker service ps says of tasks that do not run. */
    private String awaitError(String service, String error) {
        return eventually(
                "a task of " + service + " says why it waits",
                () -> host.docker("service", "ps", "--no-trunc", "--format", "{{.CurrentState}} {{.Error}}", service)
                        .ok(),
                said -> said.contains(error));
    }

    /** One of two that are wanted. */
    private void awaitOneRunning(String service) {
        eventually(
                "one task of " + service + " runs and one waits",
                () -> host.docker(
                                "service",
                                "ps",
                                "--filter",
                                "desired-state=running",
                                "--format",
                                "{{.CurrentState}}",
                                service)
                        .lines(),
                states -> states.size() == 2
                        && states.stream().anyMatch(state -> state.startsWith("Running"))
                        && states.stream().anyMatch(state -> state.startsWith("Pending")));
    }

    /** Where the plugin has what is in a volume. */
    private Path content(String volume) {
        String id = host.docker("volume", "inspect", "-f", "{{.ClusterVolume.Info.VolumeID}}", volume)
                .ok();
        return folder.resolve("volumes").resolve(id);
    }

    private String inTask(String service, String script) {
        String name = host.awaitRunning(service, 1).getFirst().split(" ", 2)[0];
        return host.docker("exec", name, "sh", "-c", script).ok();
    }

    @Test
    void whatATaskWritesIsThereForTheNext() {
        create("data", "--topology-required", "zone=z1", "--label", "tier=back");
        awaitStatus("data", "created");
        service("writer", 1, mount("data"), "echo started >> /data/log; exec sleep 1000");

        assertThat(inTask("writer", "cat /data/log")).isEqualTo("started");
        awaitStatus("data", "in use (1 node)");
        assertThat(host.docker("volume", "rm", "data").err()).contains("volume is still in use");
        host.kill9();
        host.flotilla("up", "--node-name", "web1").ok();
        assertThat(inTask("writer", "cat /data/log")).isEqualTo("started");

        host.docker("service", "scale", "-d", "writer=0").ok();
        awaitStatus("data", "created");
        assertThat(Shell.read(Path.of("/proc/self/mountinfo")))
                .doesNotContain(host.dataDir().resolve("csi/volumes").toString());
        host.docker("service", "scale", "-d", "writer=1").ok();
        assertThat(inTask("writer", "cat /data/log")).isEqualTo("started\nstarted");
        host.docker("service", "update", "-d", "--force", "writer").ok();
        Path log = content("data").resolve("log");
        eventually("what the new task wrote", () -> Shell.read(log), "started\nstarted\nstarted\n"::equals);
    }

    @Test
    void aDrainedVolumeIsTakenFromItsTasksUntilItIsActiveAgain() {
        create("data");
        service("user", 1, mount("data"), "exec sleep 1000");
        host.awaitRunning("user", 1);

        host.docker("volume", "update", "--availability", "drain", "data").ok();

        assertThat(awaitError("user", "volume data is drained"))
                .contains("Rejected")
                .contains("drained");
        awaitStatus("data", "created");
        host.docker("volume", "update", "--availability", "active", "data").ok();
        host.awaitRunning("user", 1);
        assertThat(host.docker("volume", "inspect", "-f", "{{.ClusterVolume.Spec.Availability}}", "data")
                        .ok())
                .isEqualTo("active");
    }

    @Test
    void aVolumeThatIsNotSharedHasOneTaskAndAGroupHasOneForEach() {
        create("alone");
        service("pair", 2, mount("alone"), "exec sleep 1000");
        awaitError("pair", "volume alone is in use by task");
        awaitOneRunning("pair");
        host.docker("rm", "-f", host.containers("pair").getFirst()).ok();
        awaitError("pair", "Failed");
        awaitOneRunning("pair");

        create("one", "--group", "pool");
        create("two", "--group", "pool");
        service("pooled", 2, mount("group:pool"), "exec sleep 1000");
        host.awaitRunning("pooled", 2);
        awaitStatus("one", "in use (1 node)");
        awaitStatus("two", "in use (1 node)");
    }

    @Test
    void manyTasksShareAVolumeThatIsForAllAndReadOneThatIsReadOnly() {
        create("shared", "--scope", "multi", "--sharing", "all");
        service("sharers", 2, mount("shared"), "touch /data/$HOSTNAME; exec sleep 1000");
        host.awaitRunning("sharers", 2);
        assertThat(content("shared").toFile().list()).hasSize(2);

        create("fixed", "--sharing", "readonly");
        service("writer", 1, mount("fixed"), "exec sleep 1000");
        awaitError("writer", "volume fixed is for mounts that are read-only");
        service("readers", 1, mount("fixed") + ",readonly", "exec sleep 1000");
        assertThat(inTask("readers", "touch /data/f 2>&1 || true")).contains("Read-only file system");
    }

    @Test
    void aPluginThatFailsIsAskedAgainAndItsReasonIsShown() throws IOException {
        Path failing = Files.writeString(folder.resolve("fail-create"), "no space left on the array");
        create("full");
        service("waiter", 1, mount("full"), "exec sleep 1000");
        awaitMessage("full", "no space left on the array");
        awaitError("waiter", "no space left on the array");
        Shell.Result explained = host.flotilla("explain", "volume", "full");
        assertThat(explained.exitCode()).isEqualTo(1);
        assertThat(explained.out()).contains("no space left on the array").contains("again and again");

        Path unstaged = Files.writeString(folder.resolve("fail-stage"), "the cable is out");
        Files.delete(failing);
        awaitError("waiter", "the cable is out");
        assertThat(host.flotilla("explain", "service", "waiter").out()).contains("the cable is out");
        Files.delete(unstaged);
        host.awaitRunning("waiter", 1);
        assertThat(host.docker("volume", "inspect", "-f", "{{.Status}}", "full").ok())
                .isEqualTo("map[]");
    }

    @Test
    void whereNoPluginIsOrNoNodeIsNearItIsSaid() {
        create("far", "--topology-required", "zone=z9");
        service("distant", 1, mount("far"), "exec sleep 1000");
        awaitError("distant", "volume far is not accessible from web1");

        create("orphan", "--driver", "none.example.org");
        awaitMessage("orphan", "no node that is ready has a controller of the CSI plugin none.example.org");
        service("lost", 1, mount("orphan"), "exec sleep 1000");
        awaitError("lost", "cannot fulfill requested CSI volume mounts on 1 node");
        service("nowhere", 1, mount("missing"), "exec sleep 1000");
        awaitError("nowhere", "there is no cluster volume missing");
    }

    @Test
    void aStackMountsAVolumeOfTheCluster() throws IOException {
        create("kept");
        Path file = Files.writeString(host.scratch("stack.yml"), """
                version: "3.8"
                services:
                  db:
                    image: busybox
                    command: ["sh", "-c", "echo stacked > /data/f; exec sleep 1000"]
                    stop_grace_period: 1s
                    networks: [default]
                    volumes:
                      - {type: cluster, source: kept, target: /data}
                volumes:
                  kept:
                    name: kept
                    driver: csi.example.org
                    x-cluster-spec:
                      access_mode: {scope: single, sharing: none, mount_volume: {}}
                networks:
                  default: {external: true, name: bridge}
                """);
        host.docker("stack", "deploy", "--detach=false", "--resolve-image", "never", "-c", file.toString(), "shop")
                .ok();
        assertThat(inTask("shop_db", "cat /data/f")).isEqualTo("stacked");
        host.docker("stack", "rm", "shop").ok();
    }

    @Test
    void whatDockerRefusesIsRefusedInItsWords() {
        create("taken");
        assertThat(host.docker("volume", "create", "--type", "mount", "--driver", DRIVER, "taken")
                        .err())
                .contains("already exists");
        assertThat(host.docker("volume", "create", "--type", "mount", "--driver", DRIVER, "--secret", "key=none", "s")
                        .err())
                .contains("secret not found: none");
        assertThat(host.docker("volume", "create", "--type", "mount", "--driver", DRIVER)
                        .err())
                .contains("name must be provided");
        assertThat(host.docker("volume", "inspect", "nothing").err()).contains("volume nothing not found");
        host.docker("volume", "create", "plain").ok();
        assertThat(host.docker("volume", "update", "--availability", "drain", "plain")
                        .err())
                .contains("only update cluster volumes");
        host.docker("volume", "rm", "plain").ok();
    }
}
