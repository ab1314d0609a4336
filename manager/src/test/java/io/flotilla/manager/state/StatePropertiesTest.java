package io.flotilla.manager.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerBuilder;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceBuilder;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.schema.Volume;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class StatePropertiesTest {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00.123456789Z");
    private static final ObjectVersion NEW = new ObjectVersion(0);

    @Property(tries = 200)
    void everyReplicaComputesTheSameAndTheIndexesAgree(@ForAll("histories") List<List<Change>> history)
            throws IOException {
        ClusterState one = ClusterState.empty();
        ClusterState other = ClusterState.empty();
        long index = 0;
        for (List<Change> changes : history) {
            Batch batch = new Batch(one.index(), T, changes, Map.of(3, index));
            index += 2;
            one = one.apply(batch, index);
            other = other.apply(
                    BatchCodec.decode(BatchCodec.encode(batch, 1 << 20).bytes()), index);
            assertIndexesAgree(one);
        }
        assertSame(one, other);
    }

    @Property(tries = 100)
    void aSnapshotIsReadBackAsItWas(@ForAll("histories") List<List<Change>> history) throws IOException {
        ClusterState state = ClusterState.empty();
        long index = 0;
        for (List<Change> changes : history) {
            state = state.apply(new Batch(state.index(), T, changes, Map.of(1, ++index)), index);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SnapshotCodec.write(state, out);
        ClusterState read = SnapshotCodec.read(new ByteArrayInputStream(out.toByteArray()));
        assertSame(read, state);
        assertIndexesAgree(read);
    }

    @Property(tries = 100)
    void aBatchBasedOnAnotherStateIsVoid(@ForAll("histories") List<List<Change>> history) {
        ClusterState state = ClusterState.empty();
        for (List<Change> changes : history) {
            ClusterState next = state.apply(new Batch(state.index(), T, changes, Map.of()), state.index() + 1);
            ClusterState voided = next.apply(new Batch(state.index(), T, changes, Map.of(1, 9L)), next.index() + 1);
            assertThat(voided.index()).isEqualTo(next.index() + 1);
            assertThat(voided.changedIndex()).isEqualTo(next.changedIndex());
            assertThat(voided.reportOffsets()).isEqualTo(next.reportOffsets());
            for (ObjectKind kind : ObjectKind.values()) {
                assertThat(List.copyOf(voided.all(kind))).isEqualTo(List.copyOf(next.all(kind)));
            }
            state = next;
        }
    }

    @Property(tries = 50)
    void partsOfABatchTogetherAreTheBatch(@ForAll("histories") List<List<Change>> history) throws IOException {
        List<Change> rest = history.stream().flatMap(List::stream).toList();
        List<Change> read = new ArrayList<>();
        while (!rest.isEmpty()) {
            BatchCodec.Entry entry = BatchCodec.encode(new Batch(0, T, rest, Map.of(1, 5L)), 3_500);
            assertThat(entry.bytes()).hasSizeLessThanOrEqualTo(3_500);
            Batch part = BatchCodec.decode(entry.bytes());
            assertThat(part.changes()).hasSize(entry.changes());
            boolean last = entry.changes() == rest.size();
            assertThat(part.reportOffsets()).isEqualTo(last ? Map.of(1, 5L) : Map.of());
            read.addAll(part.changes());
            rest = rest.subList(entry.changes(), rest.size());
        }
        assertThat(read).isEqualTo(history.stream().flatMap(List::stream).toList());
    }

    private static void assertSame(ClusterState one, ClusterState other) {
        assertThat(one.index()).isEqualTo(other.index());
        assertThat(one.changedIndex()).isEqualTo(other.changedIndex());
        assertThat(one.reportOffsets()).isEqualTo(other.reportOffsets());
        for (ObjectKind kind : ObjectKind.values()) {
            assertThat(Set.copyOf(one.all(kind))).isEqualTo(Set.copyOf(other.all(kind)));
        }
    }

    private static void assertIndexesAgree(ClusterState state) {
        for (Service service : state.services()) {
            assertThat(state.serviceNamed(String.valueOf(service.spec().name())))
                    .isPresent();
        }
        for (String name : List.of("a", "b", "c")) {
            state.serviceNamed(name)
                    .ifPresent(service -> assertThat(service.spec().name()).isEqualTo(name));
        }
        for (int i = 0; i < 4; i++) {
            String id = "x" + i;
            assertThat(Set.copyOf(state.tasksOfService(id))).isEqualTo(tasks(state, t -> id.equals(t.serviceId())));
            assertThat(Set.copyOf(state.tasksOnNode(id))).isEqualTo(tasks(state, t -> id.equals(t.nodeId())));
        }
        for (Container container : state.containers()) {
            assertThat(state.containerNamed(
                            Objects.requireNonNull(container.request()).name()))
                    .contains(container);
            assertThat(state.containersOnNode(container.nodeId())).contains(container);
        }
        for (NodeVolume volume : state.volumes()) {
            assertThat(state.volumesNamed(volume.volume().name())).contains(volume);
        }
        assertThat(state.volumesNamed("v0").size() + state.volumesNamed("v1").size())
                .isEqualTo(state.volumes().size());
        assertThat(state.containersOnNode("x0").size()
                        + state.containersOnNode("x1").size())
                .isEqualTo(state.containers().size());
        for (Image image : state.images()) {
            for (String tag : image.repoTags()) {
                assertThat(state.imageTagged(tag)).isPresent();
            }
        }
    }

    private static Set<Task> tasks(ClusterState state, java.util.function.Predicate<Task> which) {
        return state.tasks().stream().filter(which).collect(Collectors.toSet());
    }

    @Provide
    Arbitrary<List<List<Change>>> histories() {
        Arbitrary<String> ids = Arbitraries.integers().between(0, 3).map(i -> "x" + i);
        Arbitrary<Change> puts = Arbitraries.oneOf(
                ids.map(StatePropertiesTest::service),
                Combinators.combine(ids, ids, ids, Arbitraries.of(TaskState.values()))
                        .as(StatePropertiesTest::task),
                Combinators.combine(ids, Arbitraries.of("old", "new")).as(StatePropertiesTest::container),
                Combinators.combine(ids, Arbitraries.of("v0", "v1"), Arbitraries.of("local", "global"))
                        .as(StatePropertiesTest::volume),
                ids.map(StatePropertiesTest::node));
        Arbitrary<Change> removes = Combinators.combine(
                        Arbitraries.of(ObjectKind.SERVICE, ObjectKind.TASK, ObjectKind.NODE, ObjectKind.CONTAINER), ids)
                .as(Change.Remove::new);
        Arbitrary<Change> unmounts = Combinators.combine(ids, Arbitraries.of("v0", "v1"))
                .as((node, name) -> new Change.Remove(ObjectKind.VOLUME, NodeVolume.idOf(node, name)));
        return Arbitraries.oneOf(puts, puts, removes, unmounts)
                .list()
                .ofMaxSize(6)
                .list()
                .ofMaxSize(8);
    }

    private static Change put(StoreObject object) {
        return new Change.Put(object);
    }

    // one name each, as the manager sees to it
    private static Change service(String id) {
        return put(ServiceBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .spec(ServiceSpecBuilder.builder().name("name-of-" + id).build())
                .specVersion(1)
                .build());
    }

    private static Change task(String id, String service, String node, TaskState state) {
        return put(TaskBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .serviceId(service)
                .nodeId(state == TaskState.NEW ? null : node)
                .status(new TaskStatus(T, state, "m", null, null, null))
                .desiredState(TaskState.RUNNING)
                .build());
    }

    // it never moves; its name may change
    private static Change container(String id, String name) {
        return put(ContainerBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .nodeId("x" + id.charAt(1) % 2)
                .request(new ContainerRequest(
                        name + "-of-" + id,
                        ContainerConfigBuilder.builder().image("busybox").build(),
                        HostConfigBuilder.builder().build(),
                        Map.of(),
                        "sha256:1"))
                .inspect(ContainerInspectResponseBuilder.builder().id(id).build())
                .build());
    }

    private static Change volume(String node, String name, String scope) {
        Volume volume = new Volume(name, "local", "/v/" + name, T, null, Map.of(), scope, Map.of(), null, null);
        return put(new NodeVolume(NodeVolume.idOf(node, name), NEW, T, T, node, volume));
    }

    private static Change node(String id) {
        return put(new Node(
                id,
                NEW,
                T,
                T,
                new NodeSpec(null, Map.of("a", "b"), NodeSpec.Role.WORKER, NodeSpec.Availability.ACTIVE),
                null,
                null,
                null,
                "h:1",
                null));
    }
}
