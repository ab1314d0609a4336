package io.flotilla.gateway.view;

import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/** The cluster after one committed batch. Immutable; whoever holds one reads a consistent state for as long as he likes. */
public final class ClusterImage {
    private final long index;
    private final Map<ObjectKind, PMap<String, StoreObject>> objects;
    private final PMap<String, PMap<String, Task>> tasksByService;

    private ClusterImage(
            long index,
            Map<ObjectKind, PMap<String, StoreObject>> objects,
            PMap<String, PMap<String, Task>> tasksByService) {
        this.index = index;
        this.objects = objects;
        this.tasksByService = tasksByService;
    }

    public static ClusterImage empty() {
        Map<ObjectKind, PMap<String, StoreObject>> none = new EnumMap<>(ObjectKind.class);
        for (ObjectKind kind : ObjectKind.values()) {
            none.put(kind, HashTreePMap.empty());
        }
        return new ClusterImage(0, none, HashTreePMap.empty());
    }

    /** One object as it is after a batch. @param value null: it was removed */
    public record Update(
            ObjectKind kind, String id, @Nullable StoreObject value, long index) {}

    /** The image after a batch. What is older than what is known is skipped: a new leader may publish again. */
    public ClusterImage with(long batchIndex, List<Update> updates) {
        Map<ObjectKind, PMap<String, StoreObject>> next = new EnumMap<>(objects);
        PMap<String, PMap<String, Task>> tasks = tasksByService;
        for (Update update : updates) {
            PMap<String, StoreObject> ofKind = of(next, update.kind());
            StoreObject known = ofKind.get(update.id());
            if (known != null && known.version().index() > update.index()) {
                continue;
            }
            if (known instanceof Task task) {
                tasks = without(tasks, task);
            }
            StoreObject value = update.value();
            next.put(update.kind(), value == null ? ofKind.minus(update.id()) : ofKind.plus(update.id(), value));
            if (value instanceof Task task) {
                tasks = with(tasks, task);
            }
        }
        return new ClusterImage(Math.max(index, batchIndex), next, tasks);
    }

    /** The image with containers as their nodes have told this gateway itself, where the log has not caught up with it. */
    ClusterImage ahead(Collection<ContainerObserved> observations) {
        PMap<String, StoreObject> containers = of(objects, ObjectKind.CONTAINER);
        for (ContainerObserved observed : observations) {
            if (containers.get(observed.containerId()) instanceof Container known && isNews(observed, known)) {
                containers = containers.plus(known.id(), known.with(c -> c.observed(observed.observed())
                        .inspect(observed.inspect())));
            }
        }
        Map<ObjectKind, PMap<String, StoreObject>> next = new EnumMap<>(objects);
        next.put(ObjectKind.CONTAINER, containers);
        return new ClusterImage(index, next, tasksByService);
    }

    static boolean isNews(ContainerObserved observed, Container known) {
        return observed.observed() > known.observed();
    }

    private static PMap<String, PMap<String, Task>> with(PMap<String, PMap<String, Task>> tasks, Task task) {
        String service = Objects.requireNonNullElse(task.serviceId(), "");
        PMap<String, Task> ofService = tasks.getOrDefault(service, HashTreePMap.empty());
        return tasks.plus(service, ofService.plus(task.id(), task));
    }

    private static PMap<String, PMap<String, Task>> without(PMap<String, PMap<String, Task>> tasks, Task task) {
        String service = Objects.requireNonNullElse(task.serviceId(), "");
        PMap<String, Task> left =
                tasks.getOrDefault(service, HashTreePMap.empty()).minus(task.id());
        return left.isEmpty() ? tasks.minus(service) : tasks.plus(service, left);
    }

    private static PMap<String, StoreObject> of(Map<ObjectKind, PMap<String, StoreObject>> objects, ObjectKind kind) {
        return Objects.requireNonNull(objects.get(kind));
    }

    /** Raft index of the last batch in it. */
    public long index() {
        return index;
    }

    /** The swarm, empty before `docker swarm init`. */
    public Optional<Cluster> cluster() {
        return all(Cluster.class, ObjectKind.CLUSTER).stream().findFirst();
    }

    public Collection<Node> nodes() {
        return all(Node.class, ObjectKind.NODE);
    }

    public Optional<Node> node(@Nullable String id) {
        return get(Node.class, ObjectKind.NODE, id);
    }

    public Collection<Service> services() {
        return all(Service.class, ObjectKind.SERVICE);
    }

    public Optional<Service> service(@Nullable String id) {
        return get(Service.class, ObjectKind.SERVICE, id);
    }

    public Collection<Task> tasks() {
        return all(Task.class, ObjectKind.TASK);
    }

    public Optional<Task> task(@Nullable String id) {
        return get(Task.class, ObjectKind.TASK, id);
    }

    public Collection<Task> tasksOf(String serviceId) {
        return tasksByService.getOrDefault(serviceId, HashTreePMap.empty()).values();
    }

    /** What the task runs: its own spec where it has one, else its service's revision. */
    public @Nullable TaskSpec specOf(Task task) {
        if (task.spec() != null || task.serviceId() == null || task.specVersion() == null) {
            return task.spec();
        }
        return revision(task.serviceId(), task.specVersion())
                .map(SpecRevision::spec)
                .orElse(null);
    }

    /** What a service's tasks of one version were made from; there while one of them is, and for the present version. */
    public Optional<SpecRevision> revision(String serviceId, long specVersion) {
        return get(SpecRevision.class, ObjectKind.REVISION, SpecRevision.idOf(serviceId, specVersion));
    }

    public Collection<Network> networks() {
        return all(Network.class, ObjectKind.NETWORK);
    }

    public Collection<Image> images() {
        return all(Image.class, ObjectKind.IMAGE);
    }

    public Optional<Image> image(@Nullable String id) {
        return get(Image.class, ObjectKind.IMAGE, id);
    }

    public Collection<Container> containers() {
        return all(Container.class, ObjectKind.CONTAINER);
    }

    public Collection<NodeVolume> volumes() {
        return all(NodeVolume.class, ObjectKind.VOLUME);
    }

    /** @param id see {@link NodeVolume#idOf} */
    public Optional<NodeVolume> volume(@Nullable String id) {
        return get(NodeVolume.class, ObjectKind.VOLUME, id);
    }

    /** Those of the whole swarm. */
    public Collection<SwarmVolume> clusterVolumes() {
        return all(SwarmVolume.class, ObjectKind.SWARM_VOLUME);
    }

    public Optional<SwarmVolume> clusterVolume(@Nullable String id) {
        return get(SwarmVolume.class, ObjectKind.SWARM_VOLUME, id);
    }

    public Optional<Container> container(@Nullable String id) {
        return get(Container.class, ObjectKind.CONTAINER, id);
    }

    public Collection<Secret> secrets() {
        return all(Secret.class, ObjectKind.SECRET);
    }

    public Optional<Secret> secret(@Nullable String id) {
        return get(Secret.class, ObjectKind.SECRET, id);
    }

    public Collection<Config> configs() {
        return all(Config.class, ObjectKind.CONFIG);
    }

    public Optional<Config> config(@Nullable String id) {
        return get(Config.class, ObjectKind.CONFIG, id);
    }

    private <T extends StoreObject> Optional<T> get(Class<T> type, ObjectKind kind, @Nullable String id) {
        return id == null
                ? Optional.empty()
                : Optional.ofNullable(of(objects, kind).get(id)).map(type::cast);
    }

    @SuppressWarnings("unchecked") // a kind's map holds that kind's type only: ClusterView decodes by ObjectKind.type()
    private <T extends StoreObject> Collection<T> all(Class<T> type, ObjectKind kind) {
        assert kind.type() == type;
        return (Collection<T>) of(objects, kind).values();
    }
}
