package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.AccessMode;
import io.flotilla.bus.schema.ClusterVolumeSpec.Availability;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.flotilla.gateway.view.TaskNames;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Whether a cluster volume is as its tasks need it, where it is, who uses it, and what its CSI plugin is asked for. */
final class VolumeExplanation {
    private static final int MAX_NAMES = 20;

    private final ClusterImage image;
    private final SwarmVolume volume;
    private final List<Task> users;
    private final Explanation.Draft draft = new Explanation.Draft();

    private VolumeExplanation(ClusterImage image, SwarmVolume volume) {
        this.image = image;
        this.volume = volume;
        this.users = image.tasks().stream()
                .filter(task -> task.state().compareTo(TaskState.RUNNING) <= 0)
                .filter(task ->
                        task.volumes().stream().map(VolumeAttachment::id).anyMatch(volume.id()::equals))
                .sorted(Comparator.comparing(task -> TaskNames.of(image, task)))
                .toList();
    }

    static Explanation of(ClusterImage image, SwarmVolume volume) {
        VolumeExplanation explanation = new VolumeExplanation(image, volume);
        explanation.write();
        return explanation.draft.of("volume", volume.id(), volume.name());
    }

    /** "data, of plugin csi.example.org: made, published on web1", and what is the matter with it. */
    static String summary(ClusterImage image, SwarmVolume volume) {
        String available = Boolean.TRUE.equals(volume.pendingDelete())
                ? "removed, "
                : switch (availability(volume)) {
                    case ACTIVE -> "";
                    case PAUSE -> "paused, ";
                    case DRAIN -> "drained, ";
                };
        String message = volume.message() == null ? "" : ": " + volume.message();
        return volume.name() + ", of plugin " + volume.driver() + ": " + available + seen(image, volume) + message;
    }

    /** What a mount's source stands for now: a volume's name or ID, or group: and a group. */
    static String ofSource(ClusterImage image, String source) {
        if (!source.startsWith(VolumeAttachment.GROUP)) {
            return Lookup.findClusterVolume(image, source)
                    .map(volume -> summary(image, volume))
                    .orElse(source + ", which is not there: docker volume create makes it");
        }
        String group = source.substring(VolumeAttachment.GROUP.length());
        String members = image.clusterVolumes().stream()
                .filter(volume ->
                        group.equals(Objects.requireNonNullElse(volume.spec().group(), "")))
                .map(SwarmVolume::name)
                .sorted()
                .collect(Collectors.joining(", "));
        return "any of group " + group + " (" + (members.isEmpty() ? "which has none" : members) + ")";
    }

    private void write() {
        draft.wanted(wanted());
        draft.seen(seen(image, volume));
        reasons();
        next();
        details();
        draft.happened(volume.createdAt(), "created");
        draft.happened(volume.updatedAt(), "last change");
    }

    private boolean isRemoved() {
        return Boolean.TRUE.equals(volume.pendingDelete());
    }

    private static Availability availability(SwarmVolume volume) {
        return Objects.requireNonNullElse(volume.spec().availability(), Availability.ACTIVE);
    }

    private String wanted() {
        if (isRemoved()) {
            return "deleted by its plugin";
        }
        return switch (availability(volume)) {
            case ACTIVE -> "takes tasks: " + access();
            case PAUSE -> "keeps its tasks and takes no new ones";
            case DRAIN -> "is free of tasks";
        };
    }

    private String access() {
        AccessMode mode = volume.spec().accessMode();
        ClusterVolumeSpec.Sharing sharing =
                mode == null || mode.sharing() == null ? ClusterVolumeSpec.Sharing.NONE : mode.sharing();
        String tasks =
                switch (sharing) {
                    case NONE -> "one at a time";
                    case READ_ONLY -> "any number, which only read";
                    case ONE_WRITER -> "any number, one of which may write";
                    case ALL -> "any number";
                };
        boolean multi = mode != null && mode.scope() == ClusterVolumeSpec.Scope.MULTI;
        return tasks + (multi ? ", on any number of nodes" : ", on one node at a time");
    }

    private static String seen(ClusterImage image, SwarmVolume volume) {
        if (volume.info() == null) {
            return "not made yet";
        }
        String places = volume.publications().stream()
                .map(publication -> place(publication.state()) + Phrases.node(image, publication.nodeId()))
                .collect(Collectors.joining(", "));
        return "made, " + (places.isEmpty() ? "on no node" : places);
    }

    private static String place(ClusterVolume.PublishState state) {
        return switch (state) {
            case PENDING_PUBLISH -> "on its way to ";
            case PUBLISHED -> "published on ";
            case PENDING_NODE_UNPUBLISH -> "to be unmounted on ";
            case PENDING_CONTROLLER_UNPUBLISH -> "on its way from ";
        };
    }

    private void reasons() {
        if (volume.message() != null) {
            draft.reason(volume.message());
        }
        volume.publications().stream()
                .filter(publication -> publication.message() != null)
                .forEach(publication ->
                        draft.reason("on " + Phrases.node(image, publication.nodeId()) + ": " + publication.message()));
        if (isRemoved()) {
            draft.reason("its plugin has not deleted it yet");
        } else if (volume.info() == null) {
            draft.reason("its plugin has not made it yet");
        }
        if (availability(volume) == Availability.DRAIN && !users.isEmpty()) {
            draft.reason(Phrases.count(users.size(), "task") + " not stopped yet: " + names());
        }
    }

    private void next() {
        SwarmVolume.Operation operation = volume.operation();
        if (operation != null) {
            draft.next("plugin " + volume.driver() + " on " + Phrases.node(image, operation.executorId())
                    + " is asked to " + asked(operation) + ", again and again until it does");
        } else if (volume.info() == null) {
            draft.next("a node that is ready and has the controller of plugin " + volume.driver()
                    + " is asked to make it, as soon as there is one");
        }
        volume.publications().stream()
                .filter(publication -> publication.message() != null)
                .forEach(publication -> draft.next(Phrases.node(image, publication.nodeId())
                        + " tries again by itself, at least once a minute while it is up"));
        if (isRemoved()) {
            draft.next("docker volume rm --force " + volume.name()
                    + " forgets it at once; what the plugin made of it may stay");
        } else if (availability(volume) != Availability.ACTIVE) {
            draft.next("docker volume update --availability active " + volume.name() + " lets it take tasks again");
        }
    }

    private String asked(SwarmVolume.Operation operation) {
        return switch (operation.kind()) {
            case CREATE -> isRemoved() ? "make it, so that it can be told to delete it" : "make it";
            case DELETE -> "delete it";
            case PUBLISH -> "make it available to " + Phrases.node(image, operation.nodeId());
            case UNPUBLISH -> "take it from " + Phrases.node(image, operation.nodeId());
        };
    }

    private void details() {
        draft.detail("plugin " + volume.driver());
        if (volume.spec().group() != null && !volume.spec().group().isEmpty()) {
            draft.detail("group " + volume.spec().group());
        }
        if (!users.isEmpty()) {
            draft.detail("used by " + names());
        }
        ClusterVolume.Info info = volume.info();
        if (info != null) {
            draft.detail("accessible from "
                    + (info.accessibleTopology().isEmpty()
                            ? "everywhere"
                            : info.accessibleTopology().stream()
                                    .map(VolumeExplanation::place)
                                    .collect(Collectors.joining(" or "))));
            draft.detail("the plugin calls it " + info.volumeId());
            long capacity = Objects.requireNonNullElse(info.capacityBytes(), 0L);
            if (capacity > 0) {
                draft.detail("capacity " + Phrases.bytes(capacity));
            }
        }
    }

    private static String place(Topology topology) {
        return topology.segments().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(segment -> segment.getKey() + "=" + segment.getValue())
                .collect(Collectors.joining(","));
    }

    private String names() {
        return users.stream()
                .limit(MAX_NAMES)
                .map(task -> TaskNames.instance(image, task))
                .collect(Collectors.joining(
                        ", ", "", users.size() > MAX_NAMES ? " and " + (users.size() - MAX_NAMES) + " more" : ""));
    }
}
