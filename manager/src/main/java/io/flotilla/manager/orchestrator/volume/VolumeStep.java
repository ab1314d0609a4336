package io.flotilla.manager.orchestrator.volume;

import static io.flotilla.bus.schema.ClusterVolume.PublishState.PENDING_CONTROLLER_UNPUBLISH;
import static io.flotilla.bus.schema.ClusterVolume.PublishState.PENDING_NODE_UNPUBLISH;
import static io.flotilla.bus.schema.ClusterVolume.PublishState.PENDING_PUBLISH;

import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolume.Operation;
import io.flotilla.bus.schema.SwarmVolume.OperationKind;
import io.flotilla.bus.schema.SwarmVolume.Publication;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.VolumePlugins;
import io.flotilla.manager.state.VolumeUses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What becomes of one cluster volume next, as a function of the state. Used once. */
final class VolumeStep {
    private final ClusterState state;
    private final SwarmVolume volume;
    private final boolean letGo;
    private final SortedSet<String> usedOn = new TreeSet<>();
    private final List<Publication> publications = new ArrayList<>();
    private long numbers;
    private boolean unused;
    private boolean gone;

    /** @param letGo whether nodes that do not use it any more are to unmount it now */
    VolumeStep(ClusterState state, SwarmVolume volume, boolean letGo) {
        this.state = state;
        this.volume = volume;
        this.letGo = letGo;
        this.numbers = volume.operations();
        VolumeUses.of(state, volume.id()).forEach(task -> usedOn.add(Objects.requireNonNull(task.nodeId())));
    }

    /** Whether a node has it that does not use it and has not been told to unmount it. */
    boolean hasUnused() {
        return unused;
    }

    /** Whether nothing is left of it. */
    boolean isGone() {
        return gone;
    }

    SwarmVolume next() {
        volume.publications().forEach(publication -> moved(publication).ifPresent(publications::add));
        publish();
        Operation kept = kept(volume.operation());
        OperationKind wanted = kept != null ? kept.kind() : wanted();
        if (wanted == null) {
            return with(null, null);
        }
        String preferred =
                volume.operation() == null ? null : volume.operation().executorId();
        Node executor = VolumePlugins.executor(state, volume, preferred).orElse(null);
        if (executor == null) {
            // whoever was asked last may have done it: only another plugin's answer, or its own, ends the operation
            return with(kept, "no node that is ready has a controller of the CSI plugin " + volume.driver());
        }
        if (kept != null && kept.executorId().equals(executor.id())) {
            return with(kept, isAboutExecutor(volume.message()) ? null : volume.message());
        }
        String nodeId = kept != null ? kept.nodeId() : target(wanted);
        return with(new Operation(++numbers, wanted, executor.id(), nodeId), null);
    }

    private SwarmVolume with(@Nullable Operation operation, @Nullable String message) {
        return volume.with(v -> v.publications(publications)
                .operation(operation)
                .operations(numbers)
                .message(message));
    }

    private boolean isAboutExecutor(@Nullable String message) {
        return message != null
                && message.equals("no node that is ready has a controller of the CSI plugin " + volume.driver());
    }

    // ---- publications

    /** Where a publication is now; empty when it was never begun and is not wanted any more. */
    private Optional<Publication> moved(Publication publication) {
        Optional<Node> node = state.node(publication.nodeId());
        boolean used = node.isPresent() && usedOn.contains(publication.nodeId());
        return switch (publication.state()) {
            case PENDING_PUBLISH -> used || isKept(node) ? Optional.of(publication) : cancelled(publication);
            case PUBLISHED -> {
                if (node.isEmpty()) {
                    yield Optional.of(in(publication, PENDING_CONTROLLER_UNPUBLISH));
                }
                yield Optional.of(used || isKept(node) ? publication : in(publication, PENDING_NODE_UNPUBLISH));
            }
            case PENDING_NODE_UNPUBLISH ->
                Optional.of(
                        node.isEmpty()
                                ? in(publication, PENDING_CONTROLLER_UNPUBLISH)
                                : awaited(publication, node.get()));
            case PENDING_CONTROLLER_UNPUBLISH -> Optional.of(publication);
        };
    }

    private boolean isKept(Optional<Node> node) {
        boolean kept = node.isPresent() && !letGo;
        unused |= kept;
        return kept;
    }

    /** The plugin may have been asked already: then it is to take back what it may have done. */
    private Optional<Publication> cancelled(Publication publication) {
        Operation operation = volume.operation();
        boolean begun = operation != null
                && operation.kind() == OperationKind.PUBLISH
                && publication.nodeId().equals(operation.nodeId());
        return begun ? Optional.of(in(publication, PENDING_CONTROLLER_UNPUBLISH)) : Optional.empty();
    }

    private static Publication in(Publication publication, PublishState state) {
        return publication.with(p -> p.state(state).message(null));
    }

    private static Publication awaited(Publication publication, Node node) {
        String down = "the node is down: it has to come back and unmount the volume, or to be removed from the swarm";
        if (NodeValidity.isDown(node)) {
            return publication.withMessage(down);
        }
        return down.equals(publication.message()) ? publication.withMessage(null) : publication;
    }

    /** One for each node that uses it and has none. What is on its way out of a node is published anew when it is out. */
    private void publish() {
        if (volume.info() == null || Boolean.TRUE.equals(volume.pendingDelete())) {
            return;
        }
        for (String nodeId : usedOn) {
            boolean there = publications.stream()
                    .anyMatch(publication -> publication.nodeId().equals(nodeId));
            Optional<NodeCSIInfo> plugin =
                    state.node(nodeId).flatMap(node -> VolumePlugins.onNode(node, volume.driver()));
            if (!there && plugin.isPresent() && (isForManyNodes() || publications.isEmpty())) {
                publications.add(new Publication(
                        nodeId, ++numbers, PENDING_PUBLISH, plugin.get().nodeId(), Map.of(), null));
            }
        }
    }

    private boolean isForManyNodes() {
        ClusterVolumeSpec.AccessMode mode = volume.spec().accessMode();
        return mode != null && mode.scope() == ClusterVolumeSpec.Scope.MULTI;
    }

    // ---- what the plugin's controller is asked

    /** What it is asked already and is still to do. */
    private static boolean isStill(Operation operation, PublishState state, List<Publication> publications) {
        return publications.stream()
                .anyMatch(
                        publication -> publication.nodeId().equals(operation.nodeId()) && publication.state() == state);
    }

    private @Nullable Operation kept(@Nullable Operation operation) {
        if (operation == null) {
            return null;
        }
        boolean still =
                switch (operation.kind()) {
                    case CREATE -> volume.info() == null;
                    case PUBLISH -> isStill(operation, PENDING_PUBLISH, publications);
                    case UNPUBLISH -> isStill(operation, PENDING_CONTROLLER_UNPUBLISH, publications);
                    case DELETE -> true;
                };
        return still ? operation : null;
    }

    private @Nullable OperationKind wanted() {
        boolean pendingDelete = Boolean.TRUE.equals(volume.pendingDelete());
        if (volume.info() == null) {
            gone = pendingDelete;
            return pendingDelete ? null : OperationKind.CREATE;
        }
        if (first(PENDING_CONTROLLER_UNPUBLISH).isPresent()) {
            return OperationKind.UNPUBLISH;
        }
        if (first(PENDING_PUBLISH).isPresent()) {
            return OperationKind.PUBLISH;
        }
        return pendingDelete && publications.isEmpty() ? OperationKind.DELETE : null;
    }

    private @Nullable String target(OperationKind kind) {
        return switch (kind) {
            case UNPUBLISH ->
                first(PENDING_CONTROLLER_UNPUBLISH).map(Publication::nodeId).orElseThrow();
            case PUBLISH -> first(PENDING_PUBLISH).map(Publication::nodeId).orElseThrow();
            case CREATE, DELETE -> null;
        };
    }

    private Optional<Publication> first(PublishState in) {
        return publications.stream()
                .filter(publication -> publication.state() == in)
                .min(Comparator.comparingLong(Publication::number));
    }
}
