package io.flotilla.manager.state;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.Task;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/** What a {@link ClusterState} is looked up by beside IDs: follows from the objects, immutable as they are. */
record Indexes(
        PMap<String, String> serviceIdByName,
        PMap<String, String> imageIdByTag,
        PMap<String, PMap<String, Task>> tasksByService,
        PMap<String, PMap<String, Task>> tasksByNode,
        PMap<String, String> containerIdByName,
        PMap<String, PMap<String, Container>> containersByNode,
        PMap<String, PMap<String, NodeVolume>> volumesByName,
        PMap<String, String> valueIdByName) {
    static final Indexes EMPTY = new Indexes(
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty());

    /** After an object was made ({@code before} null), replaced, or removed ({@code after} null). */
    Indexes changed(@Nullable StoreObject before, @Nullable StoreObject after) {
        Indexes rest = before == null ? this : without(before, after);
        return after == null ? rest : rest.with(after);
    }

    /** Without what is known of an object only because of its old value. */
    private Indexes without(StoreObject before, @Nullable StoreObject after) {
        return switch (before) {
            case Service old -> services(freed(serviceIdByName, nameOf(old), old.id()));
            case Image old -> {
                PMap<String, String> tags = imageIdByTag;
                for (String tag : old.repoTags()) {
                    tags = freed(tags, tag, old.id());
                }
                yield images(tags);
            }
            case Task old -> {
                Task task = after instanceof Task t ? t : null;
                boolean sameService = task != null && Objects.equals(old.serviceId(), task.serviceId());
                boolean sameNode = task != null && Objects.equals(old.nodeId(), task.nodeId());
                yield tasks(
                        sameService ? tasksByService : minus(tasksByService, old.serviceId(), old.id()),
                        sameNode ? tasksByNode : minus(tasksByNode, old.nodeId(), old.id()));
            }
            case Container old -> {
                boolean sameNode = after instanceof Container c && c.nodeId().equals(old.nodeId());
                yield containers(
                        freed(containerIdByName, nameOf(old), old.id()),
                        sameNode ? containersByNode : minus(containersByNode, old.nodeId(), old.id()));
            }
            case NodeVolume old -> volumes(minus(volumesByName, old.volume().name(), old.id()));
            case StoredValue old -> values(freed(valueIdByName, nameOf(old), old.id()));
            default -> this;
        };
    }

    private Indexes with(StoreObject object) {
        return switch (object) {
            case Service service -> services(serviceIdByName.plus(nameOf(service), service.id()));
            case Image image -> {
                PMap<String, String> tags = imageIdByTag;
                for (String tag : image.repoTags()) {
                    tags = tags.plus(tag, image.id());
                }
                yield images(tags);
            }
            case Task task ->
                tasks(
                        plus(tasksByService, task.serviceId(), task.id(), task),
                        plus(tasksByNode, task.nodeId(), task.id(), task));
            case Container container ->
                containers(
                        containerIdByName.plus(nameOf(container), container.id()),
                        plus(containersByNode, container.nodeId(), container.id(), container));
            case StoredValue value
            when value.supersededBy() == null -> values(valueIdByName.plus(nameOf(value), value.id()));
            case NodeVolume volume ->
                volumes(plus(volumesByName, volume.volume().name(), volume.id(), volume));
            default -> this;
        };
    }

    private static String nameOf(StoredValue value) {
        return value.kind().key(value.name());
    }

    static String nameOf(Container container) {
        return container.request() != null ? container.request().name() : shownName(container);
    }

    private static String shownName(Container container) {
        String name = Objects.requireNonNullElse(container.inspect().name(), "");
        return name.startsWith("/") ? name.substring(1) : name;
    }

    private static String nameOf(Service service) {
        return Objects.requireNonNull(service.spec().name(), "a service has a name");
    }

    private Indexes services(PMap<String, String> byName) {
        return new Indexes(
                byName,
                imageIdByTag,
                tasksByService,
                tasksByNode,
                containerIdByName,
                containersByNode,
                volumesByName,
                valueIdByName);
    }

    private Indexes images(PMap<String, String> byTag) {
        return new Indexes(
                serviceIdByName,
                byTag,
                tasksByService,
                tasksByNode,
                containerIdByName,
                containersByNode,
                volumesByName,
                valueIdByName);
    }

    private Indexes tasks(PMap<String, PMap<String, Task>> byService, PMap<String, PMap<String, Task>> byNode) {
        return new Indexes(
                serviceIdByName,
                imageIdByTag,
                byService,
                byNode,
                containerIdByName,
                containersByNode,
                volumesByName,
                valueIdByName);
    }

    private Indexes containers(PMap<String, String> byName, PMap<String, PMap<String, Container>> byNode) {
        return new Indexes(
                serviceIdByName,
                imageIdByTag,
                tasksByService,
                tasksByNode,
                byName,
                byNode,
                volumesByName,
                valueIdByName);
    }

    private Indexes volumes(PMap<String, PMap<String, NodeVolume>> byName) {
        return new Indexes(
                serviceIdByName,
                imageIdByTag,
                tasksByService,
                tasksByNode,
                containerIdByName,
                containersByNode,
                byName,
                valueIdByName);
    }

    private Indexes values(PMap<String, String> byName) {
        return new Indexes(
                serviceIdByName,
                imageIdByTag,
                tasksByService,
                tasksByNode,
                containerIdByName,
                containersByNode,
                volumesByName,
                byName);
    }

    /** Without the name, unless it is another object's by now. */
    private static PMap<String, String> freed(PMap<String, String> idByName, String name, String id) {
        return id.equals(idByName.get(name)) ? idByName.minus(name) : idByName;
    }

    private static <T> PMap<String, PMap<String, T>> plus(
            PMap<String, PMap<String, T>> groups, @Nullable String group, String id, T object) {
        if (group == null) {
            return groups;
        }
        PMap<String, T> of = groups.get(group);
        return groups.plus(group, (of == null ? HashTreePMap.<String, T>empty() : of).plus(id, object));
    }

    private static <T> PMap<String, PMap<String, T>> minus(
            PMap<String, PMap<String, T>> groups, @Nullable String group, String id) {
        PMap<String, T> of = group == null ? null : groups.get(group);
        if (of == null || group == null) {
            return groups;
        }
        PMap<String, T> left = of.minus(id);
        return left.isEmpty() ? groups.minus(group) : groups.plus(group, left);
    }
}
