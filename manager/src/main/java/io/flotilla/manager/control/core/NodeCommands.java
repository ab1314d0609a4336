package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.manager.state.Turn;
import java.util.List;

/** docker node update, promote, demote, rm. */
final class NodeCommands {

    Reply update(Turn turn, Command.UpdateNode update) {
        Node node = turn.state().node(update.nodeId()).orElse(null);
        if (node == null) {
            return Refusals.refused(notFound(update.nodeId()));
        }
        if (!Commands.current(turn, ObjectKind.NODE, node, update.version())) {
            return Commands.outOfSequence();
        }
        NodeSpec spec = update.spec();
        boolean demoted = node.spec().role() == NodeSpec.Role.MANAGER && spec.role() == NodeSpec.Role.WORKER;
        Refusal refusal = new Refusals()
                .when(spec.role() == null, () -> Refusal.invalid("invalid Role: \"\""))
                .when(spec.availability() == null, () -> Refusal.invalid("invalid Availability: \"\""))
                .when(
                        demoted && managers(turn) == 1,
                        () -> Refusals.failedPrecondition("attempting to demote the last manager of the swarm"))
                .when(spec.role() != node.spec().role(), () -> Refusals.notYet("changing the role of a node"))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        turn.put(node.with(n -> n.spec(spec).updatedAt(turn.now())));
        return Commands.done(node.id());
    }

    Reply remove(Turn turn, Command.RemoveNode remove) {
        Node node = turn.state().node(remove.nodeId()).orElse(null);
        if (node == null) {
            return Refusals.refused(notFound(remove.nodeId()));
        }
        boolean down = node.status() != null && node.status().state() == NodeState.DOWN;
        Refusal refusal = new Refusals()
                .when(
                        node.spec().role() == NodeSpec.Role.MANAGER,
                        () -> Refusals.failedPrecondition(
                                "node " + node.id() + " is a cluster manager and is a member of"
                                        + " the raft cluster. It must be demoted to worker before removal"))
                .when(
                        !down && !remove.force(),
                        () -> Refusals.failedPrecondition("node " + node.id() + " is not down and can't be removed"))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        ImageInventory.nodeGone(turn, node.id());
        VolumeInventory.nodeGone(turn, node.id());
        for (Container container : List.copyOf(turn.state().containersOnNode(node.id()))) {
            turn.remove(ObjectKind.CONTAINER, container.id());
        }
        turn.remove(ObjectKind.NODE, node.id());
        return Commands.done(node.id());
    }

    private static long managers(Turn turn) {
        return turn.state().nodes().stream()
                .filter(node -> node.spec().role() == NodeSpec.Role.MANAGER)
                .count();
    }

    private static Refusal notFound(String id) {
        return Refusal.notFound("node " + id + " not found");
    }
}
