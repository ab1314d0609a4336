package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.Availability;
import io.flotilla.bus.schema.ClusterVolumeSpec.Scope;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolume.OperationKind;
import io.flotilla.bus.schema.SwarmVolume.Publication;
import io.flotilla.bus.schema.SwarmVolumeBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateConfigBuilder;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.manager.state.VolumeUses;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which tasks get which cluster volumes on which nodes, and what becomes of a volume whose use changes. */
class ClusterVolumesTest {
    private static final String DRIVER = "csi.example.org";
    private static final Duration WHILE = Duration.ofSeconds(30);

    private final Swarm swarm = Swarm.withNodes(3);

    private ClusterVolumesTest() {
        Stream.of("node1", "node2", "node3").forEach(node -> plugin(node, "z1", null));
    }

    @Test
    void volumeForOneTaskIsGivenToOne() {
        volume("data", Scope.MULTI, Sharing.NONE);

        swarm.create(mounting("db", 3, "data", false)).pass(WHILE);

        assertThat(swarm.running("db")).hasSize(1);
        assertThat(waiting("db"))
                .hasSize(2)
                .allMatch(
                        err -> err.startsWith("no suitable node (cannot fulfill requested CSI volume mounts on 3 nodes)"
                                + ": volume data is in use by task "));
    }

    @Test
    void volumeOfOneNodeBringsAllItsTasksThere() {
        volume("data", Scope.SINGLE, Sharing.ALL);

        swarm.create(mounting("web", 4, "data", false)).pass(WHILE);

        assertThat(swarm.running("web")).hasSize(4);
        assertThat(nodesOf("web")).hasSize(1);
        assertThat(volume("data").publications()).hasSize(1);
    }

    @Test
    void sharedVolumeIsPublishedToEveryNodeThatUsesIt() {
        volume("data", Scope.MULTI, Sharing.ALL);

        swarm.create(mounting("web", 3, "data", false)).pass(WHILE);

        assertThat(nodesOf("web")).hasSize(3);
        publish("data");
        assertThat(volume("data").publications())
                .hasSize(3)
                .allMatch(publication -> publication.state() == PublishState.PUBLISHED);
    }

    @Test
    void oneTaskWritesAndOthersRead() {
        volume("data", Scope.MULTI, Sharing.ONE_WRITER);

        swarm.create(mounting("writer", 2, "data", false))
                .create(mounting("reader", 3, "data", true))
                .pass(WHILE);

        assertThat(swarm.running("writer")).hasSize(1);
        assertThat(swarm.running("reader")).hasSize(3);
        assertThat(waiting("writer")).singleElement().asString().contains("which writes to it");
    }

    @Test
    void readOnlyVolumeIsNotMountedToBeWritten() {
        volume("data", Scope.MULTI, Sharing.READ_ONLY);

        swarm.create(mounting("web", 1, "data", false)).pass(WHILE);

        assertThat(waiting("web")).singleElement().asString().contains("is for mounts that are read-only alone");
    }

    @Test
    void eachTaskGetsAnotherVolumeOfTheGroup() {
        volume("a", Scope.SINGLE, Sharing.NONE, spec -> spec.withGroup("disks"));
        volume("b", Scope.SINGLE, Sharing.NONE, spec -> spec.withGroup("disks"));

        swarm.create(mounting("db", 3, "group:disks", false)).pass(WHILE);

        assertThat(swarm.running("db").stream().flatMap(task -> task.volumes().stream()))
                .extracting(VolumeAttachment::id)
                .containsExactlyInAnyOrder("a", "b");
        assertThat(waiting("db")).singleElement().asString().contains("no volume of group disks: volume ");
    }

    @Test
    void volumeIsUsedWhereItsTopologyReaches() {
        plugin("node3", "z2", null);
        volume("data", Scope.MULTI, Sharing.ALL, spec -> spec, List.of(new Topology(Map.of("zone", "z2"))));

        swarm.create(mounting("web", 2, "data", false)).pass(WHILE);

        assertThat(nodesOf("web")).containsExactly("node3");
    }

    @Test
    void nodeTakesNoMoreVolumesThanItsPluginCan() {
        plugin("node1", "z1", 1L);
        swarm.availability("node2", NodeSpec.Availability.DRAIN).availability("node3", NodeSpec.Availability.DRAIN);
        volume("a", Scope.SINGLE, Sharing.NONE);
        volume("b", Scope.SINGLE, Sharing.NONE);

        swarm.create(mounting("one", 1, "a", false))
                .create(mounting("two", 1, "b", false))
                .pass(WHILE);

        assertThat(swarm.running("one")).hasSize(1);
        assertThat(waiting("two"))
                .singleElement()
                .asString()
                .contains("node1 has 1 of at most 1 volumes of the CSI plugin " + DRIVER);
    }

    @Test
    void taskWaitsForItsVolumeAndStartsWhenItIsMade() {
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        assertThat(waiting("db")).singleElement().asString().contains("there is no cluster volume data");

        swarm.change(turn -> turn.put(unmade("data")));
        swarm.change(turn -> turn.put(volume("data").withMessage("OUT_OF_RANGE: too large")));
        assertThat(waiting("db"))
                .singleElement()
                .asString()
                .contains("volume data has not been made yet: OUT_OF_RANGE: too large");

        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.pass(WHILE);
        assertThat(swarm.running("db")).hasSize(1);
    }

    @Test
    void pausedVolumeKeepsItsTaskAndGetsNoOther() {
        volume("data", Scope.MULTI, Sharing.ALL);
        swarm.create(mounting("web", 1, "data", false)).pass(WHILE);

        availability("data", Availability.PAUSE);
        swarm.scale("web", 2).pass(WHILE);

        assertThat(swarm.running("web")).hasSize(1);
        assertThat(waiting("web")).singleElement().asString().contains("volume data is paused");
    }

    @Test
    void drainedVolumeLosesItsTasksAndItsNodes() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        publish("data");
        Task task = swarm.running("db").getFirst();

        availability("data", Availability.DRAIN);

        assertThat(swarm.state().task(task.id()).orElseThrow().status())
                .matches(status -> status.state() == TaskState.REJECTED)
                .matches(status -> "attached to volume which is being drained".equals(status.err()));
        assertThat(publication("data").state()).isEqualTo(PublishState.PUBLISHED);
        stopped(task);
        swarm.pass(WHILE);
        assertThat(publication("data").state()).isEqualTo(PublishState.PENDING_NODE_UNPUBLISH);
        assertThat(waiting("db")).singleElement().asString().contains("volume data is drained");

        availability("data", Availability.ACTIVE);
        letGo("data");
        answer("data");
        swarm.pass(WHILE);
        assertThat(swarm.running("db")).hasSize(1);
    }

    @Test
    void restartedTaskFindsItsVolumeStillPublished() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        publish("data");
        Task first = swarm.running("db").getFirst();
        long number = publication("data").number();

        swarm.end(first, TaskState.FAILED).pass(WHILE);

        assertThat(swarm.running("db")).singleElement().matches(task -> !task.id()
                .equals(first.id()));
        assertThat(publication("data").number()).isEqualTo(number);
        assertThat(publication("data").state()).isEqualTo(PublishState.PUBLISHED);
    }

    @Test
    void volumeMovesToAnotherNodeOnceTheFirstHasLetGoOfIt() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        publish("data");
        String first = publication("data").nodeId();

        swarm.availability(first, NodeSpec.Availability.DRAIN).pass(WHILE);
        assertThat(swarm.running("db")).isEmpty();
        assertThat(waiting("db")).singleElement().asString().contains("volume data is still on node " + first);

        letGo("data");
        assertThat(operation("data").kind()).isEqualTo(OperationKind.UNPUBLISH);
        answer("data");
        swarm.pass(WHILE);
        assertThat(nodesOf("db")).doesNotContain(first).hasSize(1);
        assertThat(publication("data").nodeId()).isNotEqualTo(first);
    }

    @Test
    void volumeOfANodeThatIsDownGoesNowhereUntilTheNodeIsRemoved() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        publish("data");
        String lost = publication("data").nodeId();

        swarm.nodeState(lost, NodeState.DOWN).pass(Duration.ofHours(30));
        assertThat(swarm.running("db")).isEmpty();
        assertThat(waiting("db")).singleElement().asString().contains("which is down: it has to come back");
        assertThat(publication("data").message()).contains("the node is down");

        swarm.removeNode(lost).pass(WHILE);
        answer("data");
        swarm.pass(WHILE);
        assertThat(swarm.running("db")).hasSize(1);
        assertThat(publication("data").nodeId()).isNotEqualTo(lost);
    }

    @Test
    void volumeOnItsWayOutIsPublishedAnewForWhoComesMeanwhile() {
        volume("data", Scope.SINGLE, Sharing.ALL);
        swarm.create(mounting("web", 1, "data", false)).pass(WHILE);
        publish("data");
        long number = publication("data").number();
        swarm.scale("web", 0).pass(WHILE);
        assertThat(publication("data").state()).isEqualTo(PublishState.PENDING_NODE_UNPUBLISH);

        swarm.scale("web", 1).pass(WHILE);
        assertThat(publication("data").state()).isEqualTo(PublishState.PENDING_NODE_UNPUBLISH);
        letGo("data");
        answer("data");

        assertThat(publication("data").state()).isEqualTo(PublishState.PENDING_PUBLISH);
        assertThat(publication("data").number()).isGreaterThan(number);
    }

    @Test
    void publicationThatIsNotWantedAnyMoreIsTakenBackThoughThePluginNeverAnswered() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        assertThat(operation("data").kind()).isEqualTo(OperationKind.PUBLISH);

        swarm.remove("db").pass(WHILE);

        assertThat(operation("data").kind()).isEqualTo(OperationKind.UNPUBLISH);
        answer("data");
        assertThat(volume("data").publications()).isEmpty();
    }

    @Test
    void updateThatStartsFirstStopsFirstWhereTheNewTaskNeedsTheVolumeOfTheOldOne() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        UpdateConfig startFirst = UpdateConfigBuilder.builder()
                .parallelism(1L)
                .order(UpdateConfig.Order.START_FIRST)
                .build();
        swarm.create(mounting("db", 1, "data", false).withUpdateConfig(startFirst))
                .pass(WHILE);

        swarm.update("db", spec -> Swarm.withImage(spec, "nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(swarm.running("db")).singleElement().matches(task -> Objects.equals(swarm.image(task), "nginx:2"));
        assertThat(Objects.requireNonNull(swarm.service("db").updateStatus()).state())
                .isEqualTo(UpdateStatus.State.COMPLETED);
    }

    /** The first task's successor does not get up: has it been started before the first one is stopped? */
    @ParameterizedTest
    @CsvSource({
        "NONE, false, data, false",
        "ONE_WRITER, false, data, false",
        "ONE_WRITER, true, data, true",
        "ALL, false, data, true",
        "NONE, false, group:disks, false",
        "ALL, false, group:disks, true",
    })
    void updateStartsFirstWhereBothTasksMayHaveTheVolume(
            Sharing sharing, boolean readOnly, String source, boolean startsFirst) {
        volume("data", Scope.MULTI, sharing, spec -> spec.withGroup("disks"));
        UpdateConfig startFirst = UpdateConfigBuilder.builder()
                .parallelism(1L)
                .order(UpdateConfig.Order.START_FIRST)
                .build();
        swarm.create(mounting("db", 1, source, readOnly).withUpdateConfig(startFirst))
                .pass(WHILE);

        swarm.fate(task -> TaskState.STARTING)
                .update("db", spec -> Swarm.withImage(spec, "nginx:2"))
                .settle();

        assertThat(swarm.running("db")).hasSize(startsFirst ? 1 : 0);
    }

    @Test
    void tasksAreNotMovedAwayFromTheirVolume() {
        swarm.availability("node2", NodeSpec.Availability.DRAIN).availability("node3", NodeSpec.Availability.DRAIN);
        volume("data", Scope.SINGLE, Sharing.ALL);
        swarm.create(mounting("web", 4, "data", false).withLabels(Map.of("flotilla.rebalance", "true")))
                .pass(WHILE);

        swarm.availability("node2", NodeSpec.Availability.ACTIVE).pass(Duration.ofMinutes(10));

        assertThat(nodesOf("web")).containsExactly("node1");
        assertThat(swarm.running("web")).hasSize(4);
    }

    @Test
    void newLeaderGoesOnWithWhatIsUnderWay() {
        volume("data", Scope.SINGLE, Sharing.NONE);
        swarm.create(mounting("db", 1, "data", false)).pass(WHILE);
        SwarmVolume before = volume("data");

        swarm.newLeader().pass(WHILE);

        assertThat(volume("data")).isEqualTo(before);
    }

    // ---- what users, nodes and plugins do

    private void plugin(String node, String zone, @Nullable Long most) {
        swarm.node(
                node,
                as -> as.withDescription(Objects.requireNonNull(as.description())
                        .withCsiInfo(List.of(new NodeCSIInfo(
                                DRIVER, "csi-" + node, most, new Topology(Map.of("zone", zone)), true)))));
    }

    private static SwarmVolume unmade(String name) {
        return SwarmVolumeBuilder.builder()
                .id(name)
                .version(new ObjectVersion(0))
                .createdAt(Instant.EPOCH)
                .updatedAt(Instant.EPOCH)
                .name(name)
                .driver(DRIVER)
                .spec(ClusterVolumeSpecBuilder.builder()
                        .accessMode(mode(Scope.SINGLE, Sharing.NONE))
                        .availability(Availability.ACTIVE)
                        .build())
                .build();
    }

    private static ClusterVolumeSpec.AccessMode mode(Scope scope, Sharing sharing) {
        return new ClusterVolumeSpec.AccessMode(
                scope, sharing, new ClusterVolumeSpec.MountVolume(null, List.of()), null);
    }

    private void volume(String name, Scope scope, Sharing sharing) {
        volume(name, scope, sharing, spec -> spec);
    }

    private void volume(String name, Scope scope, Sharing sharing, UnaryOperator<ClusterVolumeSpec> with) {
        volume(name, scope, sharing, with, List.of());
    }

    /** One that the plugin has made. */
    private void volume(
            String name, Scope scope, Sharing sharing, UnaryOperator<ClusterVolumeSpec> with, List<Topology> reached) {
        SwarmVolume volume = unmade(name);
        swarm.change(turn ->
                turn.put(volume.with(v -> v.spec(with.apply(volume.spec().withAccessMode(mode(scope, sharing))))
                        .info(new ClusterVolume.Info(1L, Map.of(), "csi-" + name, reached)))));
    }

    private static ServiceSpec mounting(String name, long replicas, String source, boolean readOnly) {
        ServiceSpec spec = Swarm.replicated(name, replicas);
        var template = Objects.requireNonNull(spec.taskTemplate());
        return spec.withTaskTemplate(template.withContainerSpec(Objects.requireNonNull(template.containerSpec())
                .withMounts(List.of(MountBuilder.builder()
                        .type(Mount.MountType.CLUSTER)
                        .source(source)
                        .target("/data")
                        .readOnly(readOnly)
                        .build()))));
    }

    private void availability(String volume, Availability availability) {
        swarm.change(
                turn -> turn.put(volume(volume).withSpec(volume(volume).spec().withAvailability(availability))));
    }

    /** The plugin answers until nothing is asked of it. */
    private void publish(String volume) {
        while (volume(volume).operation() != null) {
            answer(volume);
        }
    }

    private void answer(String name) {
        SwarmVolume volume = volume(name);
        SwarmVolume.Operation operation = operation(name);
        List<Publication> left = volume.publications().stream()
                .filter(publication -> operation.kind() != OperationKind.UNPUBLISH
                        || !publication.nodeId().equals(operation.nodeId()))
                .map(publication -> publication.nodeId().equals(operation.nodeId())
                        ? publication.withState(PublishState.PUBLISHED)
                        : publication)
                .toList();
        swarm.change(turn -> turn.put(volume.withPublications(left).withOperation(null)));
    }

    private void letGo(String name) {
        swarm.change(turn -> turn.put(volume(name)
                .withPublications(volume(name).publications().stream()
                        .map(publication -> publication.withState(PublishState.PENDING_CONTROLLER_UNPUBLISH))
                        .toList())));
    }

    /** A rejected task's node says that it is over. */
    private void stopped(Task task) {
        swarm.change(
                turn -> turn.put(VolumeUses.stopped(turn.state().task(task.id()).orElseThrow())));
    }

    // ---- what is seen

    private SwarmVolume volume(String name) {
        return (SwarmVolume) Objects.requireNonNull(swarm.state().find(ObjectKind.SWARM_VOLUME, name));
    }

    private SwarmVolume.Operation operation(String name) {
        return Objects.requireNonNull(volume(name).operation());
    }

    private Publication publication(String name) {
        return volume(name).publications().getFirst();
    }

    private List<@Nullable String> nodesOf(String service) {
        return swarm.running(service).stream().map(Task::nodeId).distinct().toList();
    }

    private List<String> waiting(String service) {
        return swarm.tasks(service).stream()
                .filter(task -> task.state() == TaskState.PENDING && Slot.isLive(task))
                .map(task -> String.valueOf(task.status().err()))
                .toList();
    }
}
