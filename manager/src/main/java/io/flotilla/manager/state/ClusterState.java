package io.flotilla.manager.state;

import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
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
    private static final ClusterState EMPTY = new ClusterState(
            0,
            0,
            emptyKinds(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty());

    private final long index;
    private final long changedIndex;
    private final Map<ObjectKind, PMap<String, StoreObject>> objects;
    private final PMap<String, String> serviceIdByName;
    private final PMap<String, String> imageIdByTag;
    private final PMap<String, PMap<String, Task>> tasksByService;
    private final PMap<String, PMap<String, Task>> tasksByNode;
    private final PMap<Integer, Long> reportOffsets;

    private ClusterState(
            long index,
            long changedIndex,
            Map<ObjectKind, PMap<String, StoreObject>> objects,
            PMap<String, String> serviceIdByName,
            PMap<String, String> imageIdByTag,
            PMap<String, PMap<String, Task>> tasksByService,
            PMap<String, PMap<String, Task>> tasksByNode,
            PMap<Integer, Long> reportOffsets) {
        this.index = index;
        this.changedIndex = changedIndex;
        this.objects = objects;
        this.serviceIdByName = serviceIdByName;
        this.imageIdByTag = imageIdByTag;
        this.tasksByService = tasksByService;
        this.tasksByNode = tasksByNode;
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
        return Optional.ofNullable(serviceIdByName.get(name)).flatMap(this::service);
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
        return tasksByService.getOrDefault(serviceId, HashTreePMap.empty()).values();
    }

    public Collection<Task> tasksOnNode(String nodeId) {
        return tasksByNode.getOrDefault(nodeId, HashTreePMap.empty()).values();
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
        return Optional.ofNullable(imageIdByTag.get(tag)).flatMap(this::image);
    }

    public Collection<Image> images() {
        return every(ObjectKind.IMAGE);
    }

    public Optional<Container> container(String id) {
        return find(ObjectKind.CONTAINER, Container.class, id);
    }

    public Collection<Container> containers() {
        return every(ObjectKind.CONTAINER);
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
                next.objects,
                next.serviceIdByName,
                next.imageIdByTag,
                next.tasksByService,
                next.tasksByNode,
                reportOffsets.plusAll(batch.reportOffsets()));
    }

    /** The same objects at a later index, after an entry that changed nothing. */
    private ClusterState at(long laterIndex) {
        return restored(laterIndex, changedIndex, reportOffsets);
    }

    /** The same objects at the position a snapshot was written at. */
    ClusterState restored(long atIndex, long atChangedIndex, Map<Integer, Long> offsets) {
        return new ClusterState(
                atIndex,
                atChangedIndex,
                objects,
                serviceIdByName,
                imageIdByTag,
                tasksByService,
                tasksByNode,
                HashTreePMap.from(offsets));
    }

    /** With the object made or replaced; its version is taken as it is. */
    public ClusterState with(StoreObject object) {
        StoreObject before = of(object.kind()).get(object.id());
        ClusterState rest = before == null ? this : unindexed(before, object);
        PMap<String, StoreObject> kind = of(object.kind()).plus(object.id(), object);
        return rest.indexed(replaced(object.kind(), kind), object);
    }

    /** Without the object; the same when there is none. */
    public ClusterState without(ObjectKind kind, String id) {
        StoreObject before = of(kind).get(id);
        if (before == null) {
            return this;
        }
        ClusterState rest = unindexed(before, null);
        return rest.indexed(replaced(kind, of(kind).minus(id)), null);
    }

    /** Without what the indexes know of an object only because of its old value. */
    private ClusterState unindexed(StoreObject before, @Nullable StoreObject after) {
        PMap<String, String> names = serviceIdByName;
        PMap<String, String> tags = imageIdByTag;
        PMap<String, PMap<String, Task>> byService = tasksByService;
        PMap<String, PMap<String, Task>> byNode = tasksByNode;
        switch (before) {
            case Service old -> {
                if (old.id().equals(names.get(nameOf(old)))) {
                    names = names.minus(nameOf(old));
                }
            }
            case Image old -> {
                for (String tag : old.repoTags()) {
                    if (old.id().equals(tags.get(tag))) {
                        tags = tags.minus(tag);
                    }
                }
            }
            case Task old -> {
                Task task = after instanceof Task t ? t : null;
                if (task == null || !Objects.equals(old.serviceId(), task.serviceId())) {
                    byService = minus(byService, old.serviceId(), old.id());
                }
                if (task == null || !Objects.equals(old.nodeId(), task.nodeId())) {
                    byNode = minus(byNode, old.nodeId(), old.id());
                }
            }
            default -> {}
        }
        return new ClusterState(index, changedIndex, objects, names, tags, byService, byNode, reportOffsets);
    }

    private ClusterState indexed(Map<ObjectKind, PMap<String, StoreObject>> all, @Nullable StoreObject added) {
        PMap<String, String> names = serviceIdByName;
        PMap<String, String> tags = imageIdByTag;
        PMap<String, PMap<String, Task>> byService = tasksByService;
        PMap<String, PMap<String, Task>> byNode = tasksByNode;
        switch (added) {
            case Service service -> names = names.plus(nameOf(service), service.id());
            case Image image -> {
                for (String tag : image.repoTags()) {
                    tags = tags.plus(tag, image.id());
                }
            }
            case Task task -> {
                byService = plus(byService, task.serviceId(), task);
                byNode = plus(byNode, task.nodeId(), task);
            }
            case null, default -> {}
        }
        return new ClusterState(index, changedIndex, all, names, tags, byService, byNode, reportOffsets);
    }

    private static String nameOf(Service service) {
        return Objects.requireNonNull(service.spec().name(), "a service has a name");
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

    private Map<ObjectKind, PMap<String, StoreObject>> replaced(ObjectKind kind, PMap<String, StoreObject> with) {
        EnumMap<ObjectKind, PMap<String, StoreObject>> copy = new EnumMap<>(objects);
        copy.put(kind, with);
        return copy;
    }

    private static PMap<String, PMap<String, Task>> plus(
            PMap<String, PMap<String, Task>> tasks, @Nullable String group, Task task) {
        if (group == null) {
            return tasks;
        }
        PMap<String, Task> of = tasks.get(group);
        return tasks.plus(group, (of == null ? HashTreePMap.<String, Task>empty() : of).plus(task.id(), task));
    }

    private static PMap<String, PMap<String, Task>> minus(
            PMap<String, PMap<String, Task>> tasks, @Nullable String group, String taskId) {
        PMap<String, Task> of = group == null ? null : tasks.get(group);
        if (of == null || group == null) {
            return tasks;
        }
        PMap<String, Task> left = of.minus(taskId);
        return left.isEmpty() ? tasks.minus(group) : tasks.plus(group, left);
    }

    private static Map<ObjectKind, PMap<String, StoreObject>> emptyKinds() {
        EnumMap<ObjectKind, PMap<String, StoreObject>> kinds = new EnumMap<>(ObjectKind.class);
        for (ObjectKind kind : ObjectKind.values()) {
            kinds.put(kind, HashTreePMap.empty());
        }
        return kinds;
    }
}
