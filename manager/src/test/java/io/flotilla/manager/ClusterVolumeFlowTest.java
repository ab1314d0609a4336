package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.SecretSpecBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.bus.schema.VolumeCreateBuilder;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.orchestrator.Specs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cluster volume from docker volume create to docker volume rm, as nodes and clients see it on the bus. */
class ClusterVolumeFlowTest {
    private static final String DRIVER = "csi.example.org";

    private final StepManagers managers = new StepManagers();
    private StepManagers.One m1 = managers.swarm();

    @BeforeEach
    void imageIsThere() {
        managers.loadImage("m1", "sha256:b", "busybox:latest");
    }

    @Test
    void volumeIsMadeByThePluginOfANode() {
        plugin("m1", true);
        String id = create("data", spec -> spec);

        JsonNode asked = control("m1", id);
        assertThat(asked.path("kind").asText()).isEqualTo("create");
        assertThat(asked.path("name").asText()).isEqualTo(id);
        assertThat(asked.path("driver").asText()).isEqualTo(DRIVER);
        assertThat(volume(id).info()).isNull();

        answer("m1", id, "OUT_OF_RANGE: too large");
        assertThat(volume(id).message()).isEqualTo("OUT_OF_RANGE: too large");
        made("m1", id);
        assertThat(Objects.requireNonNull(volume(id).info()).volumeId()).isEqualTo("csi-" + id);
        assertThat(volume(id).message()).isNull();
        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("m1/volumecontrol/" + id);
        assertThat(managers.events()).contains("volume create data", "volume update data");
    }

    @Test
    void volumeWithoutAPluginSaysSo() {
        String id = create("data", spec -> spec);

        assertThat(volume(id).message())
                .isEqualTo("no node that is ready has a controller of the CSI plugin " + DRIVER);
        plugin("m1", false);
        assertThat(volume(id).operation()).isNull();
        plugin("m1", true);
        assertThat(volume(id).message()).isNull();
        assertThat(control("m1", id).path("kind").asText()).isEqualTo("create");
    }

    @Test
    void otherNodeIsAskedWhenTheFirstIsGoneAndTheFirstIsNotHeardAnyMore() {
        plugin("n2", true);
        plugin("n3", true);
        String id = create("data", spec -> spec);
        long first = Objects.requireNonNull(volume(id).operation()).number();

        managers.pass(Duration.ofSeconds(10), "m1", "n3");

        assertThat(control("n3", id).path("kind").asText()).isEqualTo("create");
        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("n2/volumecontrol/" + id);
        managers.report(new Report.ClusterVolumeControlled("n2", id, first, info(id), Map.of(), null));
        managers.run();
        assertThat(volume(id).info()).isNull();
        made("n3", id);
        assertThat(volume(id).info()).isNotNull();
    }

    @Test
    void taskGetsItsVolumePublishedAndGivesItBack() {
        plugin("m1", true);
        String id = create("data", spec -> spec);
        made("m1", id);
        m1.done(new Command.CreateService(mounting("db", 1, "data"), null));

        Task task = onlyTask();
        assertThat(task.state()).isEqualTo(TaskState.ASSIGNED);
        assertThat(task.volumes()).containsExactly(new VolumeAttachment(id, "data", "/data"));
        JsonNode publish = control("m1", id);
        assertThat(publish.path("kind").asText()).isEqualTo("publish");
        assertThat(publish.path("csiNodeId").asText()).isEqualTo("csi-m1");
        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("m1/clustervolume/" + id);

        report(answered("m1", id, Map.of("device", "/dev/x")));
        JsonNode published = assigned("m1/clustervolume/" + id);
        assertThat(published.path("published").asBoolean()).isTrue();
        assertThat(published.path("publishContext").path("device").asText()).isEqualTo("/dev/x");
        assertThat(assigned("m1/task/" + task.id())
                        .path("volumes")
                        .get(0)
                        .path("ID")
                        .asText())
                .isEqualTo(id);
        assertThat(m1.refused(new Command.RemoveClusterVolume(id, false)))
                .isEqualTo("rpc error: code = FailedPrecondition desc = volume is still in use");

        m1.done(new Command.RemoveService(String.valueOf(task.serviceId())));
        assertThat(publication(id).state()).isEqualTo(ClusterVolume.PublishState.PUBLISHED);
        managers.observe("m1", task.id(), TaskState.SHUTDOWN);
        published = assigned("m1/clustervolume/" + id);
        assertThat(published.path("published").asBoolean(true)).isFalse();
        report(observed("m1", id, false, "device is busy"));
        assertThat(publication(id).message()).isEqualTo("device is busy");
        report(observed("m1", id, false, null));
        assertThat(control("m1", id).path("kind").asText()).isEqualTo("unpublish");
        report(answered("m1", id, Map.of()));
        assertThat(volume(id).publications()).isEmpty();
        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("m1/clustervolume/" + id);

        m1.done(new Command.RemoveClusterVolume(id, false));
        assertThat(control("m1", id).path("kind").asText()).isEqualTo("delete");
        report(answered("m1", id, Map.of()));
        assertThat(m1.state().swarmVolume(id)).isEmpty();
        assertThat(managers.shown(Topic.OBJECTS)).doesNotContainKey("swarmvolume/" + id);
        assertThat(managers.events()).contains("volume remove data");
    }

    @Test
    void secretsGoToTheNodeSealedAndNowhereElse() throws Exception {
        plugin("m1", true);
        m1.done(new Command.CreateSecret(
                SecretSpecBuilder.builder().name("password").build(),
                Confidential.Plain.of("hunter2".getBytes(StandardCharsets.UTF_8))));
        String id = create("data", spec -> spec.withSecrets(List.of(new ClusterVolumeSpec.Secret("key", "password"))));

        JsonNode secret = control("m1", id).path("secrets").get(0);
        assertThat(secret.path("key").asText()).isEqualTo("key");
        assertThat(secret.path("name").asText()).isEqualTo("password");
        assertThat(secret.has("value")).isTrue();
        assertThat(managers.published)
                .noneMatch(record -> record.value() != null
                        && new String(record.value(), StandardCharsets.UTF_8).contains("hunter2"));
    }

    @Test
    void removedSecretIsToldAsAProblem() {
        plugin("m1", true);
        String secret = String.valueOf(m1.done(new Command.CreateSecret(
                        SecretSpecBuilder.builder().name("password").build(), Confidential.Plain.of(new byte[] {1})))
                .id());
        String id = create("data", spec -> spec.withSecrets(List.of(new ClusterVolumeSpec.Secret("key", secret))));

        m1.done(new Command.RemoveValue(ObjectKind.SECRET, secret));

        assertThat(control("m1", id).path("secrets").get(0).path("problem").asText())
                .contains("secret not found: " + secret);
    }

    @Test
    void volumeOfARemovedNodeIsTakenFromItByThePluginsController() {
        plugin("m1", true);
        plugin("n2", false);
        String id = create("data", spec -> spec);
        made("m1", id);
        m1.done(new Command.CreateService(mountingOn("n2", mounting("db", 1, "data")), null));
        report(answered("m1", id, Map.of()));
        assertThat(publication(id).nodeId()).isEqualTo("n2");

        m1.done(new Command.RemoveNode("n2", true));

        JsonNode unpublish = control("m1", id);
        assertThat(unpublish.path("kind").asText()).isEqualTo("unpublish");
        assertThat(unpublish.path("csiNodeId").asText()).isEqualTo("csi-n2");
        report(answered("m1", id, Map.of()));
        assertThat(volume(id).publications()).isEmpty();
    }

    @Test
    void forceForgetsAVolumeAndRejectsItsTasks() {
        plugin("m1", true);
        String id = create("data", spec -> spec);
        made("m1", id);
        m1.done(new Command.CreateService(mounting("db", 1, "data"), null));
        report(answered("m1", id, Map.of()));
        Task task = onlyTask();

        m1.done(new Command.RemoveClusterVolume(id, true));

        assertThat(m1.state().swarmVolume(id)).isEmpty();
        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("m1/clustervolume/" + id);
        assertThat(m1.state().task(task.id()).orElseThrow().status().err())
                .isEqualTo("attached to volume which was removed");
    }

    @Test
    void volumeThatWasNeverMadeIsRemovedAtOnce() {
        String id = create("data", spec -> spec);

        m1.done(new Command.RemoveClusterVolume(id, false));

        assertThat(m1.state().swarmVolume(id)).isEmpty();
    }

    @Test
    void leavingTheSwarmForgetsItsVolumes() {
        create("data", spec -> spec);

        m1.done(new Command.LeaveSwarm("m1", true));

        assertThat(m1.state().swarmVolumes()).isEmpty();
    }

    // ---- what users, nodes and plugins do

    private String create(String name, UnaryOperator<ClusterVolumeSpec> with) {
        ClusterVolumeSpec spec = ClusterVolumeSpecBuilder.builder()
                .accessMode(new ClusterVolumeSpec.AccessMode(
                        null, null, new ClusterVolumeSpec.MountVolume(null, List.of()), null))
                .build();
        VolumeCreate create = VolumeCreateBuilder.builder()
                .name(name)
                .driver(DRIVER)
                .clusterVolumeSpec(with.apply(spec))
                .build();
        return String.valueOf(m1.done(new Command.CreateClusterVolume(create)).id());
    }

    private static ServiceSpec mounting(String name, long replicas, String source) {
        ServiceSpec spec = StepManagers.service(name, replicas);
        var template = Objects.requireNonNull(spec.taskTemplate());
        return spec.withTaskTemplate(template.withContainerSpec(Objects.requireNonNull(template.containerSpec())
                .withMounts(List.of(MountBuilder.builder()
                        .type(Mount.MountType.CLUSTER)
                        .source(source)
                        .target("/data")
                        .build()))));
    }

    private static ServiceSpec mountingOn(String node, ServiceSpec spec) {
        return Specs.placed(spec, placement -> placement.constraints(List.of("node.id==" + node)));
    }

    private void plugin(String nodeId, boolean controller) {
        managers.report(new Report.NodeDescribed(
                nodeId,
                "s",
                new NodeDescription(
                        nodeId + "-host",
                        new Platform("x86_64", "linux"),
                        new ResourceObject(4_000_000_000L, 8L << 30, List.of()),
                        null,
                        null,
                        List.of(new NodeCSIInfo(DRIVER, "csi-" + nodeId, null, null, controller))),
                "10.1.1.1:7000",
                nodeId.equals("m1") ? NodeSpec.Role.MANAGER : NodeSpec.Role.WORKER,
                null,
                StepManagers.NODE_KEY.publicKey()));
        managers.run();
    }

    private static ClusterVolume.Info info(String id) {
        return new ClusterVolume.Info(1L << 30, Map.of(), "csi-" + id, List.of());
    }

    private void made(String nodeId, String id) {
        report(new Report.ClusterVolumeControlled(nodeId, id, number(id), info(id), Map.of(), null));
    }

    private void answer(String nodeId, String id, String failure) {
        report(new Report.ClusterVolumeControlled(nodeId, id, number(id), null, Map.of(), failure));
    }

    private Report answered(String nodeId, String id, Map<String, String> context) {
        return new Report.ClusterVolumeControlled(nodeId, id, number(id), null, context, null);
    }

    private Report observed(String nodeId, String id, boolean published, @Nullable String failure) {
        return new Report.ClusterVolumeObserved(nodeId, id, publication(id).number(), published, failure);
    }

    private void report(Report report) {
        managers.report(report);
        managers.run();
    }

    // ---- what is seen

    private long number(String id) {
        return Objects.requireNonNull(volume(id).operation()).number();
    }

    private SwarmVolume volume(String id) {
        return m1.state().swarmVolume(id).orElseThrow();
    }

    private SwarmVolume.Publication publication(String id) {
        return volume(id).publications().getFirst();
    }

    private Task onlyTask() {
        return m1.state().tasks().iterator().next();
    }

    private JsonNode control(String nodeId, String id) {
        return assigned(nodeId + "/volumecontrol/" + id);
    }

    private JsonNode assigned(String key) {
        return Objects.requireNonNull(managers.shown(Topic.ASSIGNMENTS).get(key), key);
    }
}
