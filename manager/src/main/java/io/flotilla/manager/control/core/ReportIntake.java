package io.flotilla.manager.control.core;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.manager.node.NodeLiveness;
import io.flotilla.manager.orchestrator.autoscale.Autoscaler;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.state.TaskTransitions;
import io.flotilla.manager.state.Turn;
import io.flotilla.manager.state.VolumeUses;
import java.util.Map;
import java.util.Optional;

/**
 * What nodes report becomes state. Reports are levels and may be late: what contradicts the state (a task moved on, a
 * container of another node) is passed over, never an error.
 */
final class ReportIntake {
    private final String managerId;
    private final NodeLiveness liveness;
    private final Autoscaler autoscaler;

    ReportIntake(String managerId, NodeLiveness liveness, Autoscaler autoscaler) {
        this.managerId = managerId;
        this.liveness = liveness;
        this.autoscaler = autoscaler;
    }

    void take(Turn turn, Report report) {
        switch (report) {
            case Report.Heartbeat heartbeat -> liveness.heard(heartbeat.nodeId(), turn.now());
            case Report.Canary canary -> {
                if (canary.nodeId().equals(managerId)) {
                    liveness.canaryReturned(turn.now());
                }
            }
            case Report.NodeDescribed described -> described(turn, described);
            case Report.TaskObserved observed -> observed(turn, observed);
            case Report.ContainerObserved observed -> observed(turn, observed);
            case Report.ContainerGone gone ->
                turn.state()
                        .container(gone.containerId())
                        .filter(container -> container.nodeId().equals(gone.nodeId()))
                        .ifPresent(container -> turn.remove(ObjectKind.CONTAINER, container.id()));
            case Report.ImageLoaded loaded -> ImageInventory.loaded(turn, loaded);
            case Report.ImagesHeld held -> ImageInventory.held(turn, held);
            case Report.VolumeObserved observed -> VolumeInventory.observed(turn, observed);
            case Report.VolumeGone gone -> VolumeInventory.gone(turn, gone);
            case Report.TasksUsed used -> autoscaler.heard(turn, used);
            case Report.VolumesHeld held -> VolumeInventory.held(turn, held);
            case Report.ClusterVolumeObserved observed -> ClusterVolumeReports.observed(turn, observed);
            case Report.ClusterVolumeControlled controlled -> ClusterVolumeReports.controlled(turn, controlled);
        }
    }

    private void described(Turn turn, Report.NodeDescribed described) {
        String agentAddress = described.agentAddress();
        Optional<Node> known = turn.state().node(described.nodeId());
        NodeStatus ready = new NodeStatus(NodeState.READY, described.message(), addressOf(agentAddress, known));
        Node before = known.orElseGet(() -> new Node(
                described.nodeId(),
                new ObjectVersion(0),
                turn.now(),
                turn.now(),
                new NodeSpec(null, Map.of(), described.role(), NodeSpec.Availability.ACTIVE),
                null,
                null,
                null,
                null,
                null));
        Node after = before.with(node -> node.description(described.description())
                .status(ready)
                .agentAddress(agentAddress)
                .sealKey(described.sealKey()));
        if (!after.equals(before)) {
            turn.put(after.withUpdatedAt(turn.now()));
        }
        liveness.heard(described.nodeId(), turn.now());
    }

    /** A socket's path tells nothing of where the node is: then what swarm init advertised stays. */
    private static String addressOf(String agentAddress, Optional<Node> known) {
        if (agentAddress.startsWith("unix:")) {
            return known.map(Node::status).map(NodeStatus::addr).orElse("127.0.0.1");
        }
        int colon = agentAddress.lastIndexOf(':');
        return colon < 0 ? agentAddress : agentAddress.substring(0, colon);
    }

    private static void observed(Turn turn, Report.TaskObserved observed) {
        TaskState seen = observed.status().state();
        Task task = turn.state().task(observed.taskId()).orElse(null);
        if (task == null) {
            turn.disown(observed.nodeId(), ObjectKind.TASK, observed.taskId());
            return;
        }
        if (seen == null || !observed.nodeId().equals(task.nodeId())) {
            return;
        }
        if (seen.compareTo(TaskState.RUNNING) > 0 && VolumeUses.isUpThoughRejected(task)) {
            turn.put(VolumeUses.stopped(task).withUpdatedAt(turn.now()));
            return;
        }
        boolean stays = seen == task.state() && seen.compareTo(TaskState.RUNNING) <= 0;
        if (!stays && !TaskTransitions.allows(TaskTransitions.Maker.AGENT, task.state(), seen)) {
            return;
        }
        TaskStatus status =
                observed.status().timestamp() == null ? observed.status().withTimestamp(turn.now()) : observed.status();
        // what its node does not know: why the task had to go
        String preempted = task.labels().get(PlacementLabels.PREEMPTED_REASON);
        TaskStatus told = status.err() == null && preempted != null ? status.withErr(preempted) : status;
        if (!told.equals(task.status())) {
            turn.put(task.withStatus(told).withUpdatedAt(turn.now()));
        }
    }

    private static void observed(Turn turn, Report.ContainerObserved observed) {
        Container before = turn.state().container(observed.containerId()).orElse(null);
        if (before != null && !before.nodeId().equals(observed.nodeId())) {
            return;
        }
        if (before != null
                && (before.observed() >= observed.observed() || before.inspect().equals(observed.inspect()))) {
            return;
        }
        ContainerRequest request = before == null ? null : before.request();
        if (before == null && observed.taskId() == null) {
            // one of no service is known before its node is: it was forgotten
            turn.disown(observed.nodeId(), ObjectKind.CONTAINER, observed.containerId());
            return;
        }
        turn.put(new Container(
                observed.containerId(),
                before == null ? new ObjectVersion(0) : before.version(),
                before == null ? turn.now() : before.createdAt(),
                turn.now(),
                observed.nodeId(),
                observed.taskId(),
                observed.serviceId(),
                request,
                before == null ? 0 : before.starts(),
                observed.observed(),
                // the node may not have heard of a new name yet
                request == null ? observed.inspect() : observed.inspect().withName("/" + request.name())));
    }
}
