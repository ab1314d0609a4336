package io.flotilla.manager.state;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.VolumeAttachment;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/** What a {@link ClusterState} is looked up by beside IDs: follows from the objects, immutable as they are. */
@RecordBuilder
record Indexes(
        PMap<String, String> serviceIdByName,
        PMap<String, String> imageIdByTag,
        PMap<String, PMap<String, Task>> tasksByService,
        PMap<String, PMap<String, Task>> tasksByNode,
        PMap<String, String> containerIdByName,
        PMap<String, PMap<String, Container>> containersByNode,
        PMap<String, PMap<String, NodeVolume>> volumesByName,
        PMap<String, String> valueIdByName,
        PMap<String, String> swarmVolumeIdByName,
        PMap<String, PMap<String, SwarmVolume>> swarmVolumesByGroup,
        PMap<String, PMap<String, SwarmVolume>> swarmVolumesByNode,
        PMap<String, PMap<String, Task>> tasksBySwarmVolume)
        implements IndexesBuilder.With {
    static final Indexes EMPTY = new Indexes(
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
            HashTreePMap.empty(),
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
            case Service old -> withServiceIdByName(freed(serviceIdByName, nameOf(old), old.id()));
            case Image old -> {
                PMap<String, String> tags = imageIdByTag;
                for (String tag : old.repoTags()) {
                    tags = freed(tags, tag, old.id());
                }
                yield withImageIdByTag(tags);
            }
            case Task old -> {
                Task task = after instanceof Task t ? t : null;
                boolean sameService = task != null && Objects.equals(old.serviceId(), task.serviceId());
                boolean sameNode = task != null && Objects.equals(old.nodeId(), task.nodeId());
                Indexes rest = withTasksByService(
                                sameService ? tasksByService : minus(tasksByService, old.serviceId(), old.id()))
                        .withTasksByNode(sameNode ? tasksByNode : minus(tasksByNode, old.nodeId(), old.id()));
                boolean sameVolumes = task != null && old.volumes().equals(task.volumes());
                yield sameVolumes ? rest : rest.withoutVolumesOf(old);
            }
            case Container old -> {
                boolean sameNode = after instanceof Container c && c.nodeId().equals(old.nodeId());
                yield withContainerIdByName(freed(containerIdByName, nameOf(old), old.id()))
                        .withContainersByNode(
                                sameNode ? containersByNode : minus(containersByNode, old.nodeId(), old.id()));
            }
            case NodeVolume old ->
                withVolumesByName(minus(volumesByName, old.volume().name(), old.id()));
            case StoredValue old -> withValueIdByName(freed(valueIdByName, nameOf(old), old.id()));
            case SwarmVolume old -> {
                PMap<String, PMap<String, SwarmVolume>> byNode = swarmVolumesByNode;
                for (SwarmVolume.Publication publication : old.publications()) {
                    byNode = minus(byNode, publication.nodeId(), old.id());
                }
                yield withSwarmVolumeIdByName(freed(swarmVolumeIdByName, old.name(), old.id()))
                        .withSwarmVolumesByGroup(
                                minus(swarmVolumesByGroup, old.spec().group(), old.id()))
                        .withSwarmVolumesByNode(byNode);
            }
            default -> this;
        };
    }

    private Indexes withoutVolumesOf(Task task) {
        PMap<String, PMap<String, Task>> byVolume = tasksBySwarmVolume;
        for (VolumeAttachment volume : task.volumes()) {
            byVolume = minus(byVolume, volume.id(), task.id());
        }
        return withTasksBySwarmVolume(byVolume);
    }

    private Indexes withVolumesOf(Task task) {
        if (task.volumes().isEmpty()) {
            return this;
        }
        PMap<String, PMap<String, Task>> byVolume = tasksBySwarmVolume;
        for (VolumeAttachment volume : task.volumes()) {
            byVolume = plus(byVolume, volume.id(), task.id(), task);
        }
        return withTasksBySwarmVolume(byVolume);
    }

    private Indexes withSwarmVolume(SwarmVolume volume) {
        PMap<String, PMap<String, SwarmVolume>> byNode = swarmVolumesByNode;
        for (SwarmVolume.Publication publication : volume.publications()) {
            byNode = plus(byNode, publication.nodeId(), volume.id(), volume);
        }
        return withSwarmVolumeIdByName(swarmVolumeIdByName.plus(volume.name(), volume.id()))
                .withSwarmVolumesByGroup(plus(swarmVolumesByGroup, volume.spec().group(), volume.id(), volume))
                .withSwarmVolumesByNode(byNode);
    }

    private Indexes with(StoreObject object) {
        return switch (object) {
            case Service service -> withServiceIdByName(serviceIdByName.plus(nameOf(service), service.id()));
            case Image image -> {
                PMap<String, String> tags = imageIdByTag;
                for (String tag : image.repoTags()) {
                    tags = tags.plus(tag, image.id());
                }
                yield withImageIdByTag(tags);
            }
            case Task task ->
                withTasksByService(plus(tasksByService, task.serviceId(), task.id(), task))
                        .withTasksByNode(plus(tasksByNode, task.nodeId(), task.id(), task))
                        .withVolumesOf(task);
            case SwarmVolume volume -> withSwarmVolume(volume);
            case Container container ->
                withContainerIdByName(containerIdByName.plus(nameOf(container), container.id()))
                        .withContainersByNode(plus(containersByNode, container.nodeId(), container.id(), container));
            case StoredValue value
            when value.supersededBy() == null -> withValueIdByName(valueIdByName.plus(nameOf(value), value.id()));
            case NodeVolume volume ->
                withVolumesByName(plus(volumesByName, volume.volume().name(), volume.id(), volume));
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
