package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What tasks take of one simulated node, by a model simpler than the scheduler's. */
final class NodeDemand {
    private final ClusterState state;
    private final Set<String> ports = new HashSet<>();
    private long nanoCpus;

    NodeDemand(ClusterState state) {
        this.state = state;
    }

    /** Whether it takes anything of its node, and is to go on to. */
    static boolean isActive(Task task) {
        return task.state().compareTo(TaskState.ASSIGNED) >= 0
                && task.state().compareTo(TaskState.RUNNING) <= 0
                && task.desiredState().compareTo(TaskState.COMPLETE) <= 0;
    }

    void add(Task task) {
        revision(task).ifPresent(revision -> {
            nanoCpus += reserved(revision);
            ports.addAll(hostPorts(revision));
        });
    }

    boolean hasRoomFor(Task task) {
        return revision(task)
                .filter(revision -> nanoCpus + reserved(revision) <= SimulatedNode.CPUS
                        && hostPorts(revision).stream().noneMatch(ports::contains))
                .isPresent();
    }

    private Optional<SpecRevision> revision(Task task) {
        return state.revision(
                Objects.requireNonNull(task.serviceId()), Objects.requireNonNullElse(task.specVersion(), 0L));
    }

    static long reserved(SpecRevision revision) {
        ResourceObject reservations = revision.spec().resources() == null
                ? null
                : revision.spec().resources().reservations();
        return reservations == null || reservations.nanoCpus() == null ? 0 : reservations.nanoCpus();
    }

    /** As 8000/tcp. */
    static List<String> hostPorts(SpecRevision revision) {
        return revision.endpointSpec() == null
                ? List.of()
                : revision.endpointSpec().ports().stream()
                        .filter(port -> port.publishMode() == PortConfig.PublishMode.HOST)
                        .map(port -> port.publishedPort() + "/" + port.protocol())
                        .toList();
    }
}
