package io.flotilla.manager.dispatch;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Endpoint;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.seal.NodeSealing;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ContainerShare;
import io.flotilla.manager.state.ImageHolders;
import io.flotilla.manager.state.ImageNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Each node's share of a state, as a function of the state and the managers' keys. */
final class Assignments {
    private final NodeValues values;
    private final NodeVolumes volumes;

    Assignments(NodeSealing sealing) {
        this.values = new NodeValues(sealing);
        this.volumes = new NodeVolumes(values);
    }

    /** The place of one assignment on flotilla.assignments. */
    record Key(String nodeId, String kind, String id) {
        static Key task(String nodeId, String taskId) {
            return new Key(nodeId, "task", taskId);
        }

        static Key image(String nodeId, String imageId) {
            return new Key(nodeId, "image", imageId);
        }

        static Key container(String nodeId, String containerId) {
            return new Key(nodeId, "container", containerId);
        }

        /** @param kind SECRET or CONFIG */
        static Key value(String nodeId, ObjectKind kind, String id) {
            return new Key(nodeId, kind.jsonName(), id);
        }

        static Key publishVolume(String nodeId, String volumeId) {
            return new Key(nodeId, Assignment.PublishVolume.KIND, volumeId);
        }

        static Key controlVolume(String nodeId, String volumeId) {
            return new Key(nodeId, Assignment.ControlVolume.KIND, volumeId);
        }

        @Override
        public String toString() {
            return nodeId + "/" + kind + "/" + id;
        }
    }

    /** Everything that is assigned. */
    void all(ClusterState state, BiConsumer<Key, Assignment> to) {
        Set<Key> needed = new LinkedHashSet<>();
        state.tasks().forEach(task -> needed.addAll(NodeValues.of(state, task)));
        needed.forEach(key -> to.accept(key, values.value(state, key)));
        state.swarmVolumes().forEach(volume -> volumes.of(state, volume).forEach(to));
        for (Task task : state.tasks()) {
            Assignment.RunTask run = task(state, task.id());
            if (run != null) {
                to.accept(Key.task(Objects.requireNonNull(task.nodeId()), task.id()), run);
            }
        }
        for (Container container : state.containers()) {
            ContainerShare.of(state, container)
                    .ifPresent(run -> to.accept(Key.container(container.nodeId(), container.id()), run));
        }
        for (Image image : state.images()) {
            drops(state, image.id())
                    .forEach(nodeId -> to.accept(Key.image(nodeId, image.id()), new Assignment.DropImage(image.id())));
        }
    }

    /** What a batch changed in it: the assignment as it is now, null for one that was taken back. */
    Map<Key, @Nullable Assignment> changed(ClusterState before, ClusterState after, List<Change> changes) {
        Map<Key, @Nullable Assignment> changed = new LinkedHashMap<>(values.changed(before, after, changes));
        changed.putAll(volumes.changed(before, after, changes));
        Set<String> tasks = new LinkedHashSet<>();
        Set<String> containers = new LinkedHashSet<>();
        boolean imagesMoved = false;
        for (Change change : changes) {
            if (change instanceof Change.Disown disown) {
                String kind = disown.kind().jsonName();
                changed.put(new Key(disown.nodeId(), kind, disown.id()), null);
                continue;
            }
            switch (change.kind()) {
                case TASK -> tasks.add(change.id());
                case CONTAINER -> containers.add(change.id());
                case SERVICE -> after.tasksOfService(change.id()).forEach(task -> tasks.add(task.id()));
                case IMAGE -> {
                    imagesMoved = true;
                    drops(before, after, change.id(), changed);
                }
                case NODE -> {
                    if (!Objects.equals(
                            NodeValues.sealKey(before, change.id()), NodeValues.sealKey(after, change.id()))) {
                        after.tasksOnNode(change.id()).forEach(task -> tasks.add(task.id()));
                    }
                    imagesMoved |= !Objects.equals(address(before, change.id()), address(after, change.id()));
                }
                default -> {}
            }
        }
        if (imagesMoved) {
            after.tasks().stream().filter(Assignments::needsImage).forEach(task -> tasks.add(task.id()));
            after.containers().stream()
                    .filter(ContainerShare::needsImage)
                    .forEach(container -> containers.add(container.id()));
        }
        for (String id : tasks) {
            run(before, after, id, changed);
        }
        for (String id : containers) {
            container(before.container(id), before, after.container(id), after, changed);
        }
        return changed;
    }

    private static void container(
            Optional<Container> old,
            ClusterState before,
            Optional<Container> now,
            ClusterState after,
            Map<Key, @Nullable Assignment> changed) {
        Optional<Assignment.RunContainer> was = old.flatMap(container -> ContainerShare.of(before, container));
        Optional<Assignment.RunContainer> is = now.flatMap(container -> ContainerShare.of(after, container));
        if (!was.equals(is)) {
            Container either = now.or(() -> old).orElseThrow();
            changed.put(Key.container(either.nodeId(), either.id()), is.orElse(null));
        }
    }

    private void run(ClusterState before, ClusterState after, String taskId, Map<Key, @Nullable Assignment> changed) {
        Assignment.RunTask was = task(before, taskId);
        Assignment.RunTask found = task(after, taskId);
        boolean orphan = found != null && after.service(found.serviceId()).isEmpty();
        // of a service that is gone the task keeps what it was told
        Assignment.RunTask is =
                found != null && orphan && was != null ? was.withDesiredState(found.desiredState()) : found;
        if (Objects.equals(was, is)) {
            return;
        }
        Task task = (is == null ? before : after).task(taskId).orElseThrow();
        changed.put(Key.task(Objects.requireNonNull(task.nodeId()), taskId), is);
    }

    private static void drops(
            ClusterState before, ClusterState after, String imageId, Map<Key, @Nullable Assignment> changed) {
        Set<String> was = drops(before, imageId);
        Set<String> is = drops(after, imageId);
        was.stream().filter(node -> !is.contains(node)).forEach(node -> changed.put(Key.image(node, imageId), null));
        is.stream()
                .filter(node -> !was.contains(node))
                .forEach(node -> changed.put(Key.image(node, imageId), new Assignment.DropImage(imageId)));
    }

    private static Set<String> drops(ClusterState state, String imageId) {
        return state.image(imageId)
                .filter(image -> Boolean.TRUE.equals(image.removed()))
                .map(image -> (Set<String>) new LinkedHashSet<>(image.nodeIds()))
                .orElse(Set.of());
    }

    /** Null until the task has a node that is to know of it. */
    Assignment.@Nullable RunTask task(ClusterState state, String taskId) {
        Task task = state.task(taskId).orElse(null);
        if (task == null
                || task.nodeId() == null
                || task.serviceId() == null
                || task.state().compareTo(TaskState.ASSIGNED) < 0) {
            return null;
        }
        SpecRevision revision = state.revision(task.serviceId(), Objects.requireNonNullElse(task.specVersion(), 0L))
                .orElse(null);
        if (revision == null) {
            return null;
        }
        // the service may be gone while its last tasks are
        Optional<Service> service = state.service(task.serviceId());
        String serviceName = service.map(s -> s.spec().name()).orElseGet(() -> serviceNameOf(task));
        ContainerSpec container = revision.spec().containerSpec();
        Optional<Image> image = container == null || container.image() == null
                ? Optional.empty()
                : ImageNames.resolve(state, container.image());
        return new Assignment.RunTask(
                task.id(),
                nameOf(task, serviceName),
                task.serviceId(),
                serviceName,
                service.map(s -> s.spec().labels()).orElse(Map.of()),
                Objects.requireNonNullElse(task.slot(), 0L),
                withGenericResources(withNetworkNames(state, revision.spec()), task.assignedGenericResources()),
                image.map(Image::id).orElse(null),
                image.map(held -> ImageHolders.of(state, held)).orElse(List.of()),
                task.desiredState(),
                ports(revision, service.map(Service::endpoint).orElse(null)),
                values.registryAuth(state, task.nodeId(), revision.sealedRegistryAuth()),
                task.volumes());
    }

    /** Clients name a network by its ID, a node knows those it has by their names. */
    private static TaskSpec withNetworkNames(ClusterState state, TaskSpec spec) {
        if (spec.networks().isEmpty()) {
            return spec;
        }
        return spec.withNetworks(spec.networks().stream()
                .map(attachment -> state.network(Objects.requireNonNullElse(attachment.target(), ""))
                        .map(network -> attachment.withTarget(network.name()))
                        .orElse(attachment))
                .toList());
    }

    /** As SwarmKit's agent tells a container what it was given: DOCKER_RESOURCE_GPU=UUID1,UUID2. */
    private static TaskSpec withGenericResources(TaskSpec spec, List<GenericResource> units) {
        ContainerSpec container = spec.containerSpec();
        if (units.isEmpty() || container == null) {
            return spec;
        }
        Map<String, List<String>> values = new TreeMap<>();
        for (GenericResource unit : units) {
            if (unit.namedResourceSpec() != null) {
                GenericResource.Named one = unit.namedResourceSpec();
                values.computeIfAbsent(one.kind(), kind -> new ArrayList<>()).add(one.value());
            } else if (unit.discreteResourceSpec() != null) {
                GenericResource.Discrete some = unit.discreteResourceSpec();
                values.computeIfAbsent(some.kind(), kind -> new ArrayList<>()).add(String.valueOf(some.value()));
            }
        }
        List<String> env = new ArrayList<>(container.env());
        values.forEach(
                (kind, of) -> env.add("DOCKER_RESOURCE_" + kind.toUpperCase(Locale.ROOT) + "=" + String.join(",", of)));
        return spec.withContainerSpec(container.withEnv(env));
    }

    /** service.slot.id: a service's name has no dot. */
    private static String serviceNameOf(Task task) {
        String name = Objects.requireNonNullElse(task.name(), "");
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    private static String nameOf(Task task, String serviceName) {
        long slot = Objects.requireNonNullElse(task.slot(), 0L);
        return serviceName + "." + (slot == 0 ? task.nodeId() : String.valueOf(slot)) + "." + task.id();
    }

    /** What the task's revision publishes; where it left the port open, the one the service was given. */
    private static List<PortConfig> ports(SpecRevision revision, @Nullable Endpoint endpoint) {
        if (revision.endpointSpec() == null) {
            return List.of();
        }
        return revision.endpointSpec().ports().stream()
                .map(port -> port.publishedPort() != null && port.publishedPort() != 0 || endpoint == null
                        ? port
                        : endpoint.ports().stream()
                                .filter(given -> Objects.equals(given.targetPort(), port.targetPort())
                                        && given.protocol() == port.protocol()
                                        && given.publishMode() == port.publishMode())
                                .findFirst()
                                .orElse(port))
                .toList();
    }

    /** Only before a container is made of it does it matter which image a name stands for, and who has it. */
    private static boolean needsImage(Task task) {
        return task.nodeId() != null
                && task.state().compareTo(TaskState.ASSIGNED) >= 0
                && task.state().compareTo(TaskState.READY) < 0;
    }

    private static @Nullable String address(ClusterState state, String nodeId) {
        return state.node(nodeId).map(Node::agentAddress).orElse(null);
    }
}
