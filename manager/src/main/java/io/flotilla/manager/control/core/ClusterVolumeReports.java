package io.flotilla.manager.control.core;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolume.Operation;
import io.flotilla.bus.schema.SwarmVolume.Publication;
import io.flotilla.manager.state.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What nodes say of cluster volumes, and CSI plugins through them. An answer counts for the one publication or operation
 * whose number it has, and from the node that was asked.
 */
final class ClusterVolumeReports {
    private ClusterVolumeReports() {}

    static void observed(Turn turn, Report.ClusterVolumeObserved observed) {
        SwarmVolume volume = turn.state().swarmVolume(observed.volumeId()).orElse(null);
        Publication publication = volume == null
                ? null
                : volume.publicationOn(observed.nodeId())
                        .filter(of -> of.number() == observed.number())
                        .orElse(null);
        if (volume == null || publication == null) {
            return;
        }
        boolean leaving = publication.state() == PublishState.PENDING_NODE_UNPUBLISH;
        boolean letGo = leaving && !observed.published() && observed.failure() == null;
        Publication next =
                switch (publication.state()) {
                    case PENDING_NODE_UNPUBLISH ->
                        letGo
                                ? publication.with(p -> p.state(PublishState.PENDING_CONTROLLER_UNPUBLISH)
                                        .message(null))
                                : publication.withMessage(observed.failure());
                    case PUBLISHED -> publication.withMessage(observed.failure());
                    case PENDING_PUBLISH, PENDING_CONTROLLER_UNPUBLISH -> publication;
                };
        put(turn, volume, replaced(volume, publication.nodeId(), _ -> next));
    }

    static void controlled(Turn turn, Report.ClusterVolumeControlled controlled) {
        SwarmVolume volume = turn.state().swarmVolume(controlled.volumeId()).orElse(null);
        Operation operation = volume == null ? null : volume.operation();
        if (volume == null
                || operation == null
                || operation.number() != controlled.number()
                || !operation.executorId().equals(controlled.nodeId())) {
            return;
        }
        if (controlled.failure() != null) {
            put(turn, volume, volume.withMessage(controlled.failure()));
            return;
        }
        switch (operation.kind()) {
            case CREATE -> made(turn, volume, controlled.info());
            case PUBLISH ->
                put(
                        turn,
                        volume,
                        answered(replaced(
                                volume,
                                String.valueOf(operation.nodeId()),
                                publication -> publication.with(p -> p.state(PublishState.PUBLISHED)
                                        .publishContext(controlled.publishContext())
                                        .message(null)))));
            case UNPUBLISH ->
                put(
                        turn,
                        volume,
                        answered(volume.withPublications(volume.publications().stream()
                                .filter(publication -> !publication.nodeId().equals(operation.nodeId()))
                                .toList())));
            case DELETE -> turn.remove(ObjectKind.SWARM_VOLUME, volume.id());
        }
    }

    private static void made(Turn turn, SwarmVolume volume, ClusterVolume.@Nullable Info info) {
        put(
                turn,
                volume,
                info == null
                        ? volume.withMessage("the CSI plugin " + volume.driver() + " made a volume without an ID")
                        : answered(volume.withInfo(info)));
    }

    private static SwarmVolume answered(SwarmVolume volume) {
        return volume.with(v -> v.operation(null).message(null));
    }

    private static SwarmVolume replaced(SwarmVolume volume, String nodeId, UnaryOperator<Publication> with) {
        List<Publication> publications = new ArrayList<>(volume.publications());
        publications.replaceAll(
                publication -> publication.nodeId().equals(nodeId) ? with.apply(publication) : publication);
        return volume.withPublications(publications);
    }

    private static void put(Turn turn, SwarmVolume before, SwarmVolume after) {
        if (!after.equals(before)) {
            turn.put(after.withUpdatedAt(turn.now()));
        }
    }
}
