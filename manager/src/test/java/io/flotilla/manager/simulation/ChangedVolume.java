package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolume.Operation;
import io.flotilla.bus.schema.SwarmVolume.OperationKind;
import io.flotilla.bus.schema.SwarmVolume.Publication;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.VolumeUses;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a cluster volume after an entry that changed it or who uses it: no more use than its access mode allows,
 * publications that leave no step out, and one call of the plugin's controller at a time.
 */
final class ChangedVolume {
    private final ClusterState after;
    private final @Nullable SwarmVolume was;
    private final SwarmVolume is;
    private final Invariants invariants;

    ChangedVolume(ClusterState after, @Nullable SwarmVolume was, SwarmVolume is, Invariants invariants) {
        this.after = after;
        this.was = was;
        this.is = is;
        this.invariants = invariants;
    }

    private void fail(String what) {
        invariants.fail("volume " + is.name() + " " + is.id() + " " + what, null);
    }

    void check() {
        if (was != null) {
            numbers(was);
            was.publications().forEach(publication -> wentOn(was, publication));
            operation(was);
        }
        shared();
    }

    private void numbers(SwarmVolume old) {
        if (is.operations() < old.operations()) {
            fail("counts backwards, from " + old.operations() + " to " + is.operations());
        }
        for (Publication publication : is.publications()) {
            boolean known = old.publications().stream().anyMatch(other -> other.number() == publication.number());
            if (!known && publication.number() <= old.operations()) {
                fail("has a publication with the number of an earlier one: " + publication);
            }
        }
    }

    /** Forwards, and out only when the plugin's controller has said so, or was never asked. */
    private void wentOn(SwarmVolume old, Publication before) {
        Optional<Publication> now = is.publications().stream()
                .filter(publication -> publication.number() == before.number())
                .findFirst();
        if (now.isPresent()) {
            if (now.get().state().compareTo(before.state()) < 0) {
                fail("went back from " + before + " to " + now.get());
            }
            return;
        }
        Operation asked = old.operation();
        boolean neverAsked = before.state() == PublishState.PENDING_PUBLISH
                && (asked == null
                        || asked.kind() != OperationKind.PUBLISH
                        || !before.nodeId().equals(asked.nodeId()));
        boolean answered = before.state() == PublishState.PENDING_CONTROLLER_UNPUBLISH
                && asked != null
                && asked.kind() == OperationKind.UNPUBLISH
                && before.nodeId().equals(asked.nodeId());
        if (!neverAsked && !answered) {
            fail("is no longer on a node that had it: " + before);
        }
    }

    /** The one who was asked is asked until it has answered, or can't be asked any more. */
    private void operation(SwarmVolume old) {
        Operation before = old.operation();
        Operation now = is.operation();
        if (now == null || before == null || now.number() == before.number()) {
            return;
        }
        if (now.number() <= old.operations()) {
            fail("has an operation with an earlier number: " + now);
        }
        boolean same = now.kind() == before.kind() && Objects.equals(now.nodeId(), before.nodeId());
        boolean gone = after.node(before.executorId())
                .filter(node -> node.status() != null && node.status().state() == NodeState.READY)
                .isEmpty();
        if (same && now.executorId().equals(before.executorId())) {
            fail("asks the same again: " + before + ", " + now);
        }
        if (same && !gone) {
            fail("asks another though the first is there: " + before + ", " + now);
        }
    }

    private void shared() {
        ClusterVolumeSpec.AccessMode mode = Objects.requireNonNull(is.spec().accessMode());
        List<Task> uses = VolumeUses.of(after, is.id());
        if (mode.scope() == ClusterVolumeSpec.Scope.SINGLE) {
            if (is.publications().size() > 1) {
                fail("is on several nodes: " + is.publications());
            }
            if (uses.stream().map(Task::nodeId).distinct().count() > 1) {
                fail("is used on several nodes: " + uses);
            }
        }
        long writers = uses.stream()
                .filter(task -> VolumeUses.writes(after, task, is.id()))
                .count();
        boolean tooMany = mode.sharing() == Sharing.NONE && uses.size() > 1
                || mode.sharing() == Sharing.ONE_WRITER && writers > 1
                || mode.sharing() == Sharing.READ_ONLY && writers > 0;
        if (tooMany) {
            fail("of sharing " + mode.sharing() + " is used by " + uses);
        }
    }
}
