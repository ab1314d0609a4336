package io.flotilla.manager.state;

import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.Container;
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
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/**
 * The cluster at one Raft index: an immutable image with its indexes. Every manager computes the same image from the same
 * entries. Readers, scheduler and snapshot writer keep an image as long as they like; a change shares all it does not touch.
 */
public final class ClusterState {
    private static final ClusterState EMPTY =
            new ClusterState(0, 0, Instant.EPOCH, emptyKinds(), Indexes.EMPTY, HashTreePMap.empty());

    private final long index;
    private final long changedIndex;
    private final Instant time;
    private final Map<ObjectKind, PMap<String, StoreObject>> objects;
    private final Indexes indexes;
    private final PMap<Integer, Long> reportOffsets;

    private ClusterState(
            long index,
            long changedIndex,
            Instant time,
            Map<ObjectKind, PMap<String, StoreObject>> objects,
            Indexes indexes,
            PMap<Integer, Long> reportOffsets) {
        this.index = index;
        this.changedIndex = changedIndex;
        this.time = time;
        this.objects = objects;
        this.indexes = indexes;
        this.reportOffsets = reportOffsets;
    }

    /** Before the first entry. */
    public static ClusterState empty() {
        return EMPTY;
    }

    /** Raft index of the last batch in it. */
    public long index() {
        return index;
    }

    /** Raft index of the last batch that changed an object: what a view of the objects has seen at least. */
    public long changedIndex() {
        return changedIndex;
    }

    /** The moment of the turn the last batch came from: what was made in it or before is not younger. */
    public Instant time() {
        return time;
    }

    /** Where to go on reading flotilla.reports, by partition. */
    public Map<Integer, Long> reportOffsets() {
        return reportOffsets;
    }

    /** The swarm; empty before `docker swarm init`. */
    public Optional<Cluster> cluster() {
        return this.<Cluster>every(ObjectKind.CLUSTER).stream().findFirst();
    }

    public Optional<Node> node(String id) {
        return find(ObjectKind.NODE, Node.class, id);
    }

    public Collection<Node> nodes() {
        return every(ObjectKind.NODE);
    }

    public Optional<Service> service(String id) {
        return find(ObjectKind.SERVICE, Service.class, id);
    }

    public Optional<Service> serviceNamed(String name) {
        return Optional.ofNullable(indexes.serviceIdByName().get(name)).flatMap(this::service);
    }

    public Collection<Service> services() {
        return every(ObjectKind.SERVICE);
    }

    public Optional<SpecRevision> revision(String serviceId, long specVersion) {
        return find(ObjectKind.REVISION, SpecRevision.class, SpecRevision.idOf(serviceId, specVersion));
    }

    public Collection<SpecRevision> revisions() {
        return every(ObjectKind.REVISION);
    }

    public Optional<Task> task(String id) {
        return find(ObjectKind.TASK, Task.class, id);
    }

    public Collection<Task> tasks() {
        return every(ObjectKind.TASK);
    }

    public Collection<Task> tasksOfService(String serviceId) {
        return indexes.tasksByService()
                .getOrDefault(serviceId, HashTreePMap.empty())
                .values();
    }

    public Collection<Task> tasksOnNode(String nodeId) {
        return indexes.tasksByNode().getOrDefault(nodeId, HashTreePMap.empty()).values();
    }

    public Optional<Network> network(String id) {
        return find(ObjectKind.NETWORK, Network.class, id);
    }

    public Collection<Network> networks() {
        return every(ObjectKind.NETWORK);
    }

    public Optional<Image> image(String id) {
        return find(ObjectKind.IMAGE, Image.class, id);
    }

    /** @param tag complete, repository:tag */
    public Optional<Image> imageTagged(String tag) {
        return Optional.ofNullable(indexes.imageIdByTag().get(tag)).flatMap(this::image);
    }

    public Collection<Image> images() {
        return every(ObjectKind.IMAGE);
    }

    public Optional<Container> container(String id) {
        return find(ObjectKind.CONTAINER, Container.class, id);
    }

    /** @param name without slash; those of tasks' containers count too */
    public Optional<Container> containerNamed(String name) {
        return Optional.ofNullable(indexes.containerIdByName().get(name)).flatMap(this::container);
    }

    public Collection<Container> containers() {
        return every(ObjectKind.CONTAINER);
    }

    public Collection<Container> containersOnNode(String nodeId) {
        return indexes.containersByNode()
                .getOrDefault(nodeId, HashTreePMap.empty())
                .values();
    }

    /** @param id see {@link NodeVolume#idOf} */
    public Optional<NodeVolume> volume(String id) {
        return find(ObjectKind.VOLUME, NodeVolume.class, id);
    }

    public Collection<NodeVolume> volumes() {
        return every(ObjectKind.VOLUME);
    }

    /** One for each node that has a volume of the name. */
    public Collection<NodeVolume> volumesNamed(String name) {
        return indexes.volumesByName().getOrDefault(name, HashTreePMap.empty()).values();
    }

    public Optional<SwarmVolume> swarmVolume(String id) {
        return find(ObjectKind.SWARM_VOLUME, SwarmVolume.class, id);
    }

    public Optional<SwarmVolume> swarmVolumeNamed(String name) {
        return Optional.ofNullable(indexes.swarmVolumeIdByName().get(name)).flatMap(this::swarmVolume);
    }

    public Collection<SwarmVolume> swarmVolumes() {
        return every(ObjectKind.SWARM_VOLUME);
    }

    public Collection<SwarmVolume> swarmVolumesOfGroup(String group) {
        return indexes.swarmVolumesByGroup()
                .getOrDefault(group, HashTreePMap.empty())
                .values();
    }

    /** Those that are published to a node, or on their way to or from it. */
    public Collection<SwarmVolume> swarmVolumesOnNode(String nodeId) {
        return indexes.swarmVolumesByNode()
                .getOrDefault(nodeId, HashTreePMap.empty())
                .values();
    }

    /** Remembered tasks that were given a cluster volume, whether they have ended or not. See {@link VolumeUses}. */
    public Collection<Task> tasksWithSwarmVolume(String volumeId) {
        return indexes.tasksBySwarmVolume()
                .getOrDefault(volumeId, HashTreePMap.empty())
                .values();
    }

    public Optional<Secret> secret(String id) {
        return find(ObjectKind.SECRET, Secret.class, id);
    }

    public Optional<Config> config(String id) {
        return find(ObjectKind.CONFIG, Config.class, id);
    }

    /** The present version of a secret or config. @param kind SECRET or CONFIG */
    public Optional<StoredValue> valueNamed(ObjectKind kind, String name) {
        return Optional.ofNullable(indexes.valueIdByName().get(kind.key(name)))
                .map(id -> (StoredValue) of(kind).get(id));
    }

    public @Nullable StoreObject find(ObjectKind kind, String id) {
        return of(kind).get(id);
    }

    /** Every object of every kind, for a snapshot. */
    public Collection<StoreObject> all(ObjectKind kind) {
        return of(kind).values();
    }

    /**
     * The state after a batch committed at an index.
     *
     * @return this state at the new index without any change when the batch was computed from another one
     */
    public ClusterState apply(Batch batch, long committedIndex) {
        if (committedIndex <= index) {
            throw new IllegalArgumentException("entry " + committedIndex + " applied after " + index);
        }
        if (batch.baseIndex() != index) {
            return at(committedIndex);
        }
        ClusterState next = this;
        ObjectVersion version = new ObjectVersion(committedIndex);
        for (Change change : batch.changes()) {
            next = switch (change) {
                case Change.Put put -> next.with(put.object().stamped(version));
                case Change.Remove remove -> next.without(remove.kind(), remove.id());
                case Change.Disown _ -> next;
            };
        }
        return new ClusterState(
                committedIndex,
                batch.changes().isEmpty() ? changedIndex : committedIndex,
                batch.time(),
                next.objects,
                next.indexes,
                reportOffsets.plusAll(batch.reportOffsets()));
    }

    /** The same objects at a later index, after an entry that changed nothing. */
    private ClusterState at(long laterIndex) {
        return restored(laterIndex, changedIndex, time, reportOffsets);
    }

    /** The same objects at the position a snapshot was written at. */
    ClusterState restored(long atIndex, long atChangedIndex, Instant atTime, Map<Integer, Long> offsets) {
        return new ClusterState(atIndex, atChangedIndex, atTime, objects, indexes, HashTreePMap.from(offsets));
    }

    /** With the object made or replaced; its version is taken as it is. */
    public ClusterState with(StoreObject object) {
        StoreObject before = of(object.kind()).get(object.id());
        return replaced(object.kind(), of(object.kind()).plus(object.id(), object), indexes.changed(before, object));
    }

    /** Without the object; the same when there is none. */
    public ClusterState without(ObjectKind kind, String id) {
        StoreObject before = of(kind).get(id);
        return before == null ? this : replaced(kind, of(kind).minus(id), indexes.changed(before, null));
    }

    private PMap<String, StoreObject> of(ObjectKind kind) {
        return Objects.requireNonNull(objects.get(kind));
    }

    private <T extends StoreObject> Optional<T> find(ObjectKind kind, Class<T> type, String id) {
        return Optional.ofNullable(of(kind).get(id)).map(type::cast);
    }

    // every value of a kind's map is of the kind's type: with() files an object under its own kind
    @SuppressWarnings("unchecked")
    private <T extends StoreObject> Collection<T> every(ObjectKind kind) {
        return (Collection<T>) of(kind).values();
    }

    private ClusterState replaced(ObjectKind kind, PMap<String, StoreObject> with, Indexes found) {
        EnumMap<ObjectKind, PMap<String, StoreObject>> copy = new EnumMap<>(objects);
        copy.put(kind, with);
        return new ClusterState(index, changedIndex, time, copy, found, reportOffsets);
    }

    private static Map<ObjectKind, PMap<String, StoreObject>> emptyKinds() {
        EnumMap<ObjectKind, PMap<String, StoreObject>> kinds = new EnumMap<>(ObjectKind.class);
        for (ObjectKind kind : ObjectKind.values()) {
            kinds.put(kind, HashTreePMap.empty());
        }
        return kinds;
    }
}
