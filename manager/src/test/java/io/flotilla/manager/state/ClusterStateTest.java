package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.T;
import static io.flotilla.manager.state.Samples.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolumePublicationBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.VolumeAttachment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How the objects of a state are found, and what its entries make of it. */
class ClusterStateTest {
    private static final Cluster SWARM = Samples.cluster("swarm");
    private static final Node NODE = Samples.node("n1");
    private static final Service SERVICE = Samples.service("s1", "web");
    private static final SpecRevision REVISION = Samples.revision("s1", 1);
    private static final Task TASK = Samples.task("t1", "s1")
            .withNodeId("n1")
            .withVolumes(List.of(new VolumeAttachment("v1", "shared", "/data")));
    private static final Network NETWORK = Samples.network("net1");
    private static final Image IMAGE = Samples.image("sha256:1", "nginx:1");
    private static final Container CONTAINER = Samples.container("c1", "db", "n1");
    private static final NodeVolume VOLUME = Samples.volume("n1", "data");
    private static final SwarmVolume SWARM_VOLUME = Samples.swarmVolume("v1", "shared")
            .withSpec(ClusterVolumeSpecBuilder.builder().group("fast").build())
            .withPublications(List.of(SwarmVolumePublicationBuilder.builder()
                    .nodeId("n1")
                    .number(1)
                    .state(ClusterVolume.PublishState.PUBLISHED)
                    .build()));
    private static final Secret SECRET = Samples.secret("x1", "key");
    private static final Config CONFIG = Samples.config("y1", "key");

    private static final List<StoreObject> ONE_OF_EACH = List.of(
            SWARM, NODE, SERVICE, REVISION, TASK, NETWORK, IMAGE, CONTAINER, VOLUME, SWARM_VOLUME, SECRET, CONFIG);
    private static final ClusterState ALL = state(ONE_OF_EACH.toArray(StoreObject[]::new));

    @Test
    void eachObjectIsFoundByItsId() {
        assertThat(ONE_OF_EACH).extracting(StoreObject::kind).containsExactly(ObjectKind.values());
        for (StoreObject object : ONE_OF_EACH) {
            assertThat(ALL.find(object.kind(), object.id())).isEqualTo(object);
            assertThat(List.copyOf(ALL.all(object.kind()))).isEqualTo(List.of(object));
        }
        assertThat(ALL.cluster()).contains(SWARM);
        assertThat(ALL.node("n1")).contains(NODE);
        assertThat(ALL.service("s1")).contains(SERVICE);
        assertThat(ALL.revision("s1", 1)).contains(REVISION);
        assertThat(ALL.task("t1")).contains(TASK);
        assertThat(ALL.network("net1")).contains(NETWORK);
        assertThat(ALL.image("sha256:1")).contains(IMAGE);
        assertThat(ALL.container("c1")).contains(CONTAINER);
        assertThat(ALL.volume("n1/data")).contains(VOLUME);
        assertThat(ALL.swarmVolume("v1")).contains(SWARM_VOLUME);
        assertThat(ALL.secret("x1")).contains(SECRET);
        assertThat(ALL.config("y1")).contains(CONFIG);
        assertThat(ALL.node("n2")).isEmpty();
    }

    @Test
    void theObjectsOfAKindAreListed() {
        assertThat(ALL.nodes()).containsExactly(NODE);
        assertThat(ALL.services()).containsExactly(SERVICE);
        assertThat(ALL.revisions()).containsExactly(REVISION);
        assertThat(ALL.tasks()).containsExactly(TASK);
        assertThat(ALL.networks()).containsExactly(NETWORK);
        assertThat(ALL.images()).containsExactly(IMAGE);
        assertThat(ALL.containers()).containsExactly(CONTAINER);
        assertThat(ALL.volumes()).containsExactly(VOLUME);
        assertThat(ALL.swarmVolumes()).containsExactly(SWARM_VOLUME);
    }

    @Test
    void objectsAreFoundByWhatTheyBelongTo() {
        assertThat(ALL.serviceNamed("web")).contains(SERVICE);
        assertThat(ALL.imageTagged("nginx:1")).contains(IMAGE);
        assertThat(ALL.tasksOfService("s1")).containsExactly(TASK);
        assertThat(ALL.tasksOnNode("n1")).containsExactly(TASK);
        assertThat(ALL.containerNamed("db")).contains(CONTAINER);
        assertThat(ALL.containersOnNode("n1")).containsExactly(CONTAINER);
        assertThat(ALL.volumesNamed("data")).containsExactly(VOLUME);
        assertThat(ALL.swarmVolumeNamed("shared")).contains(SWARM_VOLUME);
        assertThat(ALL.swarmVolumesOfGroup("fast")).containsExactly(SWARM_VOLUME);
        assertThat(ALL.swarmVolumesOnNode("n1")).containsExactly(SWARM_VOLUME);
        assertThat(ALL.tasksWithSwarmVolume("v1")).containsExactly(TASK);
        assertThat(ALL.valueNamed(ObjectKind.SECRET, "key")).contains(SECRET);
        assertThat(ALL.valueNamed(ObjectKind.CONFIG, "key")).contains(CONFIG);
    }

    @Test
    void nothingIsFoundOfWhatIsGone() {
        ClusterState state = ALL;
        for (StoreObject object : ONE_OF_EACH) {
            state = state.without(object.kind(), object.id());
            assertThat(state.find(object.kind(), object.id())).isNull();
            assertThat(state.all(object.kind())).isEmpty();
        }
        assertThat(state.cluster()).isEmpty();
        assertThat(state.serviceNamed("web")).isEmpty();
        assertThat(state.imageTagged("nginx:1")).isEmpty();
        assertThat(state.tasksOfService("s1")).isEmpty();
        assertThat(state.tasksOnNode("n1")).isEmpty();
        assertThat(state.containerNamed("db")).isEmpty();
        assertThat(state.containersOnNode("n1")).isEmpty();
        assertThat(state.volumesNamed("data")).isEmpty();
        assertThat(state.swarmVolumeNamed("shared")).isEmpty();
        assertThat(state.swarmVolumesOfGroup("fast")).isEmpty();
        assertThat(state.swarmVolumesOnNode("n1")).isEmpty();
        assertThat(state.tasksWithSwarmVolume("v1")).isEmpty();
        assertThat(state.valueNamed(ObjectKind.SECRET, "key")).isEmpty();
        assertThat(state.valueNamed(ObjectKind.CONFIG, "key")).isEmpty();
        // the image before is as it was
        assertThat(ALL.task("t1")).contains(TASK);
        assertThat(state.without(ObjectKind.TASK, "t1")).isSameAs(state);
    }

    @Test
    void aTagThatMovedMeansTheImageItIsAtNow() {
        Image next = Samples.image("sha256:2", "nginx:1");
        ClusterState moved = ALL.with(next).with(IMAGE.withRepoTags(List.of("nginx:old")));
        assertThat(moved.imageTagged("nginx:1")).contains(next);
        assertThat(moved.imageTagged("nginx:old").map(Image::id)).contains("sha256:1");
        ClusterState untagged = moved.with(IMAGE.withRepoTags(List.of()));
        assertThat(untagged.imageTagged("nginx:old")).isEmpty();
        assertThat(untagged.imageTagged("nginx:1")).contains(next);
    }

    @Test
    void aRenamedContainerGivesItsNameFree() {
        ClusterState renamed = ALL.with(Samples.container("c1", "store", "n1"));
        assertThat(renamed.containerNamed("db")).isEmpty();
        assertThat(renamed.containerNamed("store").map(Container::id)).contains("c1");
        assertThat(renamed.containersOnNode("n1")).hasSize(1);
    }

    @Test
    void aTasksContainerHasTheNameItIsShownBy() {
        Container shown = CONTAINER
                .withRequest(null)
                .withInspect(ContainerInspectResponseBuilder.builder()
                        .name("/web.1.t1")
                        .build());
        assertThat(state(shown).containerNamed("web.1.t1")).contains(shown);
        Container bare = shown.withInspect(
                ContainerInspectResponseBuilder.builder().name("web").build());
        assertThat(state(bare).containerNamed("web")).contains(bare);
    }

    @Test
    void aNewVersionOfAValueHasTheNameAndTheOldOneIsFoundByItsIdOnly() {
        Secret old = SECRET.superseded("x2", T);
        Secret next = Samples.secret("x2", "key");
        ClusterState state = ALL.with(next).with(old);
        assertThat(state.valueNamed(ObjectKind.SECRET, "key")).contains(next);
        assertThat(state.secret("x1")).contains(old);
        assertThat(state.valueNamed(ObjectKind.CONFIG, "key")).contains(CONFIG);
    }

    @Test
    void aTaskThatGetsANodeIsFoundThere() {
        Task waiting = Samples.task("t2", "s1");
        ClusterState before = ALL.with(waiting);
        assertThat(before.tasksOfService("s1")).containsExactlyInAnyOrder(TASK, waiting);
        assertThat(before.tasksOnNode("n1")).containsExactly(TASK);
        Task assigned = waiting.withNodeId("n2");
        ClusterState after = before.with(assigned);
        assertThat(after.tasksOnNode("n2")).containsExactly(assigned);
        assertThat(after.tasksOfService("s1")).containsExactlyInAnyOrder(TASK, assigned);
        assertThat(after.without(ObjectKind.TASK, "t1").tasksOfService("s1")).containsExactly(assigned);
    }

    @Test
    void aTaskIsFoundByTheVolumesItHasNow() {
        ClusterState moved = ALL.with(TASK.withVolumes(List.of(new VolumeAttachment("v2", "group:fast", "/data"))));
        assertThat(moved.tasksWithSwarmVolume("v1")).isEmpty();
        assertThat(moved.tasksWithSwarmVolume("v2")).extracting(Task::id).containsExactly("t1");
    }

    @Test
    void aClusterVolumeThatMovedIsFoundWhereItIs() {
        ClusterState moved = ALL.with(SWARM_VOLUME
                .withSpec(ClusterVolumeSpecBuilder.builder().group("slow").build())
                .withPublications(List.of(SWARM_VOLUME.publications().getFirst().withNodeId("n2"))));
        assertThat(moved.swarmVolumesOnNode("n1")).isEmpty();
        assertThat(moved.swarmVolumesOnNode("n2")).extracting(SwarmVolume::id).containsExactly("v1");
        assertThat(moved.swarmVolumesOfGroup("fast")).isEmpty();
        assertThat(moved.swarmVolumesOfGroup("slow"))
                .extracting(SwarmVolume::id)
                .containsExactly("v1");
    }

    @Test
    void anEntryIsAppliedWithItsIndexAsVersion() {
        Batch batch = new Batch(0, T, List.of(new Change.Put(NODE)), Map.of(2, 7L));
        ClusterState state = ClusterState.empty().apply(batch, 5);
        assertThat(state.index()).isEqualTo(5);
        assertThat(state.changedIndex()).isEqualTo(5);
        assertThat(state.time()).isEqualTo(T);
        assertThat(state.reportOffsets()).isEqualTo(Map.of(2, 7L));
        assertThat(state.node("n1")).contains(NODE.withVersion(new ObjectVersion(5)));
        assertThatThrownBy(() -> state.apply(batch, 5)).hasMessage("entry 5 applied after 5");
    }

    @Test
    void anEntryWithoutAChangeMovesTheIndexAndTheOffsetsOnly() {
        ClusterState one = ClusterState.empty().apply(new Batch(0, T, List.of(new Change.Put(NODE)), Map.of(2, 7L)), 5);
        ClusterState two = one.apply(new Batch(5, T.plusSeconds(1), List.of(), Map.of(3, 1L)), 6);
        assertThat(two.index()).isEqualTo(6);
        assertThat(two.changedIndex()).isEqualTo(5);
        assertThat(two.time()).isEqualTo(T.plusSeconds(1));
        assertThat(two.reportOffsets()).isEqualTo(Map.of(2, 7L, 3, 1L));
        assertThat(two.nodes()).isEqualTo(one.nodes());
    }

    @Test
    void toDisownChangesNoObject() {
        ClusterState state =
                ALL.apply(new Batch(0, T, List.of(new Change.Disown("n1", ObjectKind.TASK, "t1")), Map.of()), 1);
        assertThat(state.task("t1")).contains(TASK);
    }
}
