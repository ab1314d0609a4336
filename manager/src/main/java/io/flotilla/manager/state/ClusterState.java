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
            0, emptyKinds(), HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty());

    private final long index;
    private final Map<ObjectKind, PMap<String, StoreObject>> objects;
    private final PMap<String, String> serviceIdByName;
    private final PMap<String, PMap<String, Task>> tasksByService;
    private final PMap<String, PMap<String, Task>> tasksByNode;
    private final PMap<Integer, Long> reportOffsets;

    private ClusterState(
            long index,
            Map<ObjectKind, PMap<String, StoreObject>> objects,
            PMap<String, String> serviceIdByName,
            PMap<String, PMap<String, Task>> tasksByService,
            PMap<String, PMap<String, Task>> tasksByNode,
            PMap<Integer, Long> reportOffsets) {
        this.index = index;
        this.objects = objects;
        this.serviceIdByName = serviceIdByName;
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
            };
        }
        return new ClusterState(
                committedIndex,
                next.objects,
                next.serviceIdByName,
                next.tasksByService,
                next.tasksByNode,
                reportOffsets.plusAll(batch.reportOffsets()));
    }

    /** The same objects at a later index: after an entry that changed nothing, and when a snapshot is read back. */
    public ClusterState at(long laterIndex) {
        return new ClusterState(laterIndex, objects, serviceIdByName, tasksByService, tasksByNode, reportOffsets);
    }

    /** The same objects with other report positions, when a snapshot is read back. */
    public ClusterState withReportOffsets(Map<Integer, Long> offsets) {
        return new ClusterState(
                index, objects, serviceIdByName, tasksByService, tasksByNode, HashTreePMap.from(offsets));
    }

    /** With the object made or replaced; its version is taken as it is. */
    public ClusterState with(StoreObject object) {
        StoreObject before = of(object.kind()).get(object.id());
        PMap<String, String> names = serviceIdByName;
        PMap<String, PMap<String, Task>> byService = tasksByService;
        PMap<String, PMap<String, Task>> byNode = tasksByNode;
        switch (object) {
            case Service service -> {
                if (before instanceof Service old && !nameOf(old).equals(nameOf(service))) {
                    names = names.minus(nameOf(old));
                }
                names = names.plus(nameOf(service), service.id());
            }
            case Task task -> {
                if (before instanceof Task old) {
                    byNode = minus(byNode, old.nodeId(), old.id());
                }
                byService = plus(byService, task.serviceId(), task);
                byNode = plus(byNode, task.nodeId(), task);
            }
            default -> {}
        }
        PMap<String, StoreObject> kind = of(object.kind()).plus(object.id(), object);
        return new ClusterState(index, replaced(object.kind(), kind), names, byService, byNode, reportOffsets);
    }

    /** Without the object; the same when there is none. */
    public ClusterState without(ObjectKind kind, String id) {
        StoreObject before = of(kind).get(id);
        if (before == null) {
            return this;
        }
        PMap<String, String> names =
                before instanceof Service service ? serviceIdByName.minus(nameOf(service)) : serviceIdByName;
        PMap<String, PMap<String, Task>> byService =
                before instanceof Task task ? minus(tasksByService, task.serviceId(), id) : tasksByService;
        PMap<String, PMap<String, Task>> byNode =
                before instanceof Task task ? minus(tasksByNode, task.nodeId(), id) : tasksByNode;
        return new ClusterState(index, replaced(kind, of(kind).minus(id)), names, byService, byNode, reportOffsets);
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
