package io.flotilla.agent.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.LimitBuilder;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceRequirementsBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerPlanTest {
    private static final String ID = "0123456789ab".repeat(5) + "cdef";

    private Path layer;
    private Snapshot root;

    @BeforeEach
    void prepare(@TempDir Path folder) throws IOException {
        layer = Files.createDirectories(folder.resolve("layer"));
        Path upper = Files.createDirectories(folder.resolve("upper"));
        root = new Snapshot(List.of(layer), upper, folder.resolve("work"));
        Files.createDirectories(layer.resolve("etc"));
        Files.writeString(layer.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/srv:/bin/sh\n");
        Files.writeString(layer.resolve("etc/group"), "staff:x:50:app\nwheel:x:10:\n");
    }

    private static StoredImage image() {
        ObjectNode config = Codec.JSON.mapper().createObjectNode();
        ObjectNode container = config.putObject("config");
        container.putArray("Entrypoint").add("/entry");
        container.putArray("Cmd").add("serve");
        container.putArray("Env").add("COLOUR=blue").add("SIZE=1");
        container.put("WorkingDir", "/srv").put("User", "app").put("StopSignal", "SIGQUIT");
        container.putObject("Labels").put("maker", "us");
        return new StoredImage("sha256:" + "a".repeat(64), List.of(), config, List.of(), 1, Instant.EPOCH);
    }

    private ContainerRecord plan(ContainerSpec spec) throws Exception {
        return plan(TaskSpecBuilder.builder().containerSpec(spec).build());
    }

    private ContainerRecord plan(TaskSpec spec, PortConfig... ports) throws Exception {
        RunTask task = new RunTask(
                "t1",
                "web.3.t1",
                "s1",
                "web",
                Map.of("tier", "front"),
                3,
                spec,
                "sha256:a",
                List.of(),
                TaskState.RUNNING,
                List.of(ports));
        NodeIdentity node = new NodeIdentity("n1", "host1", "x86_64");
        return new ContainerMaking(Volumes.none(), reference -> Optional.empty())
                .make(
                        TaskContainer.of(task, node, List.of()).request(),
                        new ContainerPlan.Site(ID, Instant.EPOCH, Path.of("/c"), root, node),
                        image());
    }

    private static ContainerSpecBuilder spec() {
        return ContainerSpecBuilder.builder().image("web:1");
    }

    @Test
    void commandAndArgumentsReplaceTheImagesAsInDocker() throws Exception {
        assertThat(plan(spec().build()).spec().process().args()).containsExactly("/entry", "serve");
        assertThat(plan(spec().args(List.of("x")).build()).spec().process().args())
                .containsExactly("/entry", "x");
        // an own entry point discards the image's command
        assertThat(plan(spec().command(List.of("/own")).build())
                        .spec()
                        .process()
                        .args())
                .containsExactly("/own");
        assertThat(plan(spec().command(List.of("/own")).args(List.of("y")).build())
                        .spec()
                        .process()
                        .args())
                .containsExactly("/own", "y");
    }

    @Test
    void environmentOfTheServiceWinsOverTheImagesAndTheDefaults() throws Exception {
        List<String> env = plan(spec().env(List.of("SIZE=2", "PATH=/own", "COLOUR"))
                        .build())
                .spec()
                .process()
                .env();
        assertThat(env)
                .contains("SIZE=2", "PATH=/own", "HOSTNAME=0123456789ab", "HOME=/srv")
                .doesNotContain("SIZE=1", "COLOUR=blue");
    }

    @Test
    void placeholdersAreFilledAndUnknownOnesRefused() throws Exception {
        ContainerRecord record = plan(spec().hostname("{{.Service.Name}}-{{ .Task.Slot }}")
                .env(List.of("AT={{.Node.Hostname}} {{index .Service.Labels \"tier\"}}"))
                .build());
        assertThat(record.spec().hostname()).isEqualTo("web-3");
        assertThat(record.config().env()).contains("AT=host1 front");
        assertThatThrownBy(() -> plan(spec().hostname("{{.Wrong}}").build()))
                .isInstanceOf(PlanRefused.class)
                .hasMessageContaining("{{.Wrong}}");
    }

    @Test
    void usersAndGroupsAreLookedUpInTheImage() throws Exception {
        RuntimeSpec.User app = plan(spec().build()).spec().process().user();
        assertThat(app).isEqualTo(new RuntimeSpec.User(1000, 1001, List.of(50, 1001)));
        assertThat(plan(spec().user("app:wheel").groups(List.of("7")).build())
                        .spec()
                        .process()
                        .user())
                .isEqualTo(new RuntimeSpec.User(1000, 10, List.of(7, 10)));
        assertThat(plan(spec().user("4711").build()).spec().process().user())
                .isEqualTo(new RuntimeSpec.User(4711, 0, List.of(0)));
        assertThatThrownBy(() -> plan(spec().user("nobody").build()))
                .hasMessage("unable to find user nobody: no matching entries in passwd file");
    }

    @Test
    void linkInTheImageDoesNotLeadToTheHostsUsers() throws Exception {
        Files.delete(layer.resolve("etc/passwd"));
        Files.createSymbolicLink(layer.resolve("etc/passwd"), Path.of("../../../../../../../../etc/passwd"));
        assertThatThrownBy(() -> plan(spec().user("daemon").build())).isInstanceOf(Exception.class);
        Files.delete(layer.resolve("etc/passwd"));
        Files.createSymbolicLink(layer.resolve("etc/passwd"), Path.of("/other"));
        Files.writeString(layer.resolve("other"), "app:x:77:78::/:\n");
        assertThat(plan(spec().build()).spec().process().user().uid()).isEqualTo(77);
    }

    @Test
    void limitsBecomeCgroupSettings() throws Exception {
        TaskSpec spec = TaskSpecBuilder.builder()
                .containerSpec(spec().build())
                .resources(ResourceRequirementsBuilder.builder()
                        .limits(LimitBuilder.builder()
                                .nanoCpus(500_000_000L)
                                .memoryBytes(64L << 20)
                                .pids(10L)
                                .build())
                        .build())
                .build();
        RuntimeSpec.Resources resources = plan(spec).spec().resources();
        assertThat(resources.cpuQuotaMicros()).isEqualTo(50_000);
        assertThat(resources.cpuPeriodMicros()).isEqualTo(100_000);
        assertThat(resources.memoryLimitBytes()).isEqualTo(64L << 20);
        assertThat(resources.memorySwapBytes()).isEqualTo(128L << 20);
        assertThat(resources.pidsLimit()).isEqualTo(10);
    }

    @Test
    void capabilitiesAreAddedAndDroppedByName() throws Exception {
        List<String> capabilities = plan(spec().capabilityAdd(List.of("CAP_NET_ADMIN"))
                        .capabilityDrop(List.of("chown"))
                        .build())
                .spec()
                .process()
                .capabilities();
        assertThat(capabilities).contains("CAP_NET_ADMIN", "CAP_KILL").doesNotContain("CAP_CHOWN");
        assertThatThrownBy(() -> plan(spec().capabilityAdd(List.of("CAP_FLY")).build()))
                .hasMessage("invalid CapAdd: unknown capability: \"CAP_FLY\"");
    }

    @Test
    void hostPortsAreMappedAndIngressOnesAreNot() throws Exception {
        TaskSpec spec = TaskSpecBuilder.builder().containerSpec(spec().build()).build();
        ContainerRecord record = plan(
                spec,
                new PortConfig(null, PortConfig.Protocol.UDP, 53L, 5353L, PortConfig.PublishMode.HOST),
                new PortConfig(null, PortConfig.Protocol.TCP, 80L, 8080L, PortConfig.PublishMode.INGRESS));
        assertThat(record.ports()).containsExactly(new PortMapping(Protocol.UDP, 53, "", 5353));
        assertThat(record.config().exposedPorts()).containsKeys("53/udp", "80/tcp");
    }

    @Test
    void volumesAreRefusedAndBindsMountedAfterWhatIsAboveThem() throws Exception {
        Mount deep = MountBuilder.builder()
                .type(Mount.MountType.BIND)
                .source("/usr")
                .target("/srv/a/b")
                .readOnly(true)
                .build();
        Mount high = MountBuilder.builder()
                .type(Mount.MountType.TMPFS)
                .target("/srv")
                .build();
        List<String> targets = plan(spec().mounts(List.of(deep, high)).build()).spec().mounts().stream()
                .map(RuntimeSpec.Mount::destination)
                .toList();
        assertThat(targets).containsSubsequence("/proc", "/etc/hosts", "/srv", "/srv/a/b");
        Mount volume = MountBuilder.builder().source("data").target("/data").build();
        assertThatThrownBy(() -> plan(spec().mounts(List.of(volume)).build()))
                .hasMessage("volume \"data\": volumes are not supported on this node yet");
    }

    @Test
    void inspectShowsWhatDockerShows() throws Exception {
        ContainerInspectResponse inspect = ContainerInspect.of(plan(spec().build()));
        assertThat(inspect.name()).isEqualTo("/web.3.t1");
        assertThat(inspect.path()).isEqualTo("/entry");
        assertThat(inspect.args()).containsExactly("serve");
        assertThat(Objects.requireNonNull(inspect.state()).status()).isEqualTo("created");
        assertThat(inspect.state().startedAt()).isEqualTo("0001-01-01T00:00:00Z");
        var config = Objects.requireNonNull(inspect.config());
        assertThat(config.labels())
                .containsEntry("maker", "us")
                .containsEntry("com.docker.swarm.task.id", "t1")
                .containsEntry("com.docker.swarm.service.name", "web");
        assertThat(config.stopSignal()).isEqualTo("SIGQUIT");
        assertThat(inspect.logPath()).isEqualTo("/c/" + ID + "-json.log");
    }

    @Test
    void stopSignalIsTheImagesUnlessTheServiceHasOne() throws Exception {
        assertThat(plan(spec().build()).stopSignal()).isEqualTo(3);
        assertThat(plan(spec().stopSignal("sigusr1").build()).stopSignal()).isEqualTo(10);
        assertThat(plan(spec().stopSignal("RTMIN+3").build()).stopSignal()).isEqualTo(37);
        assertThatThrownBy(() -> plan(spec().stopSignal("SIGNOPE").build())).hasMessage("invalid signal: SIGNOPE");
    }
}
