package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RevisionComparison;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import io.flotilla.manager.scheduler.Constraint;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.VolumeUses;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a state after an entry, looked at where the entry changed something: everything else held before.
 */
final class ChangedState {
    /** SwarmKit's default: finished tasks kept for each slot. */
    private static final int HISTORY = 5;

    /** A slot's history is trimmed by a change of its own, so it may be over the limit by what ended meanwhile. */
    private static final int HISTORY_SLACK = 4;

    private final ClusterState before;
    private final ClusterState after;
    private final Instant time;
    private final Invariants invariants;
    private final Map<String, Set<SlotKey>> slotsByService = new HashMap<>();
    private final Set<String> nodes = new TreeSet<>();
    private final Set<String> volumes = new TreeSet<>();
    private boolean endpoints;
    private boolean references;

    /** @param time of the entry */
    ChangedState(ClusterState before, ClusterState after, Instant time, Invariants invariants) {
        this.before = before;
        this.after = after;
        this.time = time;
        this.invariants = invariants;
    }

    /** Takes a change in, and looks at the object it is of. */
    void look(Change change, long index) {
        StoreObject was = before.find(change.kind(), change.id());
        StoreObject is = after.find(change.kind(), change.id());
        grows(was, is, index);
        endpoints |= is instanceof Service;
        references |= is instanceof Service || is == null;
        if (is instanceof Service service) {
            new ChangedService(before, after, time, (Service) was, service, invariants).check();
        }
        if (is instanceof Task task) {
            new ChangedTask(before, after, (Task) was, task, invariants).check();
        }
        touch(was);
        touch(is);
    }

    private void touch(@Nullable StoreObject object) {
        if (object instanceof Task task) {
            if (task.serviceId() != null) {
                slotsByService
                        .computeIfAbsent(task.serviceId(), id -> new HashSet<>())
                        .add(SlotKey.of(task));
            }
            if (task.nodeId() != null) {
                nodes.add(task.nodeId());
            }
            VolumeUses.volumesOf(task).forEach(volumes::add);
        }
        if (object instanceof SwarmVolume volume) {
            volumes.add(volume.id());
        }
    }

    /** Looks at everything the changed objects are part of. */
    void check() {
        slotsByService.forEach(this::slots);
        nodes.forEach(this::nothingTwiceOn);
        volumes.forEach(id -> after.swarmVolume(id)
                .ifPresent(volume ->
                        new ChangedVolume(after, before.swarmVolume(id).orElse(null), volume, invariants).check()));
        if (endpoints) {
            ingressPortsOnce();
        }
        for (Service service : after.services()) {
            if (references) {
                valuesAreThere(service);
            }
            new ChangedService(before, after, time, service, service, invariants).decidedInTime();
        }
    }

    private void fail(String what) {
        invariants.fail(what, null);
    }

    private void grows(@Nullable StoreObject was, @Nullable StoreObject is, long index) {
        if (is != null && is.version().index() != index) {
            fail(is.kind() + " " + is.id() + " changed at " + index + " but says " + is.version());
        }
        if (was instanceof Task old && is instanceof Task task) {
            if (task.state().compareTo(old.state()) < 0) {
                fail("task " + task.id() + " fell from " + old.state() + " to " + task.state());
            }
            if (task.desiredState().compareTo(old.desiredState()) < 0) {
                fail("task " + task.id() + " is wanted again: " + task.desiredState());
            }
            boolean told = old.state() == TaskState.RUNNING
                    && task.state() == TaskState.RUNNING
                    && Slot.isLive(old)
                    && !Slot.isLive(task);
            if (told && !mayBeStopped(old, task)) {
                fail("task " + task.id() + " runs as wanted and is told to stop");
            }
        }
    }

    /** Whether anything asks for the end of a task that runs: its service, its node, or another one in its slot. */
    private boolean mayBeStopped(Task task, Task told) {
        Service service = after.service(String.valueOf(task.serviceId())).orElse(null);
        if (service == null
                || ServiceModes.isJob(service.spec())
                || told.labels().containsKey(PlacementLabels.PREEMPTED_BY)
                || NodeValidity.isInvalid(before, task.nodeId())
                || NodeValidity.isInvalid(after, task.nodeId())
                || new RevisionComparison(after, service).isOutdated(task)) {
            return true;
        }
        List<Task> live = before.tasksOfService(service.id()).stream()
                .filter(Slot::isLive)
                .toList();
        boolean notAlone = live.stream()
                .filter(other ->
                        !other.id().equals(task.id()) && SlotKey.of(other).equals(SlotKey.of(task)))
                .flatMap(other -> Stream.concat(Stream.of(other), after.task(other.id()).stream()))
                .anyMatch(other -> !ChangedTask.isUnfinishedMove(other, task));
        boolean tooMany = !ServiceModes.isGlobal(service) && live.size() > ServiceModes.replicas(service);
        boolean misplaced = after.node(String.valueOf(task.nodeId()))
                .filter(node -> Constraint.allMatch(Constraint.of(service.spec().taskTemplate()), node))
                .isEmpty();
        return notAlone || tooMany || misplaced;
    }

    /** One live task in each slot, two while an update starts the new one first; no more finished ones than are kept. */
    private void slots(String serviceId, Set<SlotKey> touched) {
        Service service = after.service(serviceId).orElse(null);
        Map<SlotKey, Integer> live = new HashMap<>();
        Map<SlotKey, Integer> ended = new HashMap<>();
        Set<String> revisions = new HashSet<>();
        long wanted = 0;
        for (Task task : after.tasksOfService(serviceId)) {
            SlotKey key = SlotKey.of(task);
            if (touched.contains(key)) {
                (Slot.isLive(task) ? live : ended).merge(key, 1, Integer::sum);
                boolean ofMove = task.labels().containsKey(Rebalancer.REPLACES);
                if (Slot.isLive(task) && !ofMove && !revisions.add(key + " of revision " + task.specVersion())) {
                    fail("slot " + key + " of " + serviceId + " has two live tasks of one revision");
                }
            }
            wanted += task.desiredState() == TaskState.RUNNING ? 1 : 0;
        }
        live.forEach((key, count) -> {
            if (count > 2) {
                fail("slot " + key + " of " + serviceId + " has " + count + " live tasks");
            }
        });
        if (service == null) {
            return;
        }
        ended.forEach((key, count) -> {
            if (count > HISTORY + HISTORY_SLACK) {
                fail("slot " + key + " of " + serviceId + " remembers " + count + " tasks");
            }
        });
        if (ServiceModes.isJob(service.spec())) {
            job(service);
        }
        if (!ServiceModes.isGlobal(service) && wanted > 2 * Math.max(8, ServiceModes.replicas(service))) {
            fail(serviceId + " has " + wanted + " tasks that are to run");
        }
    }

    /** A job completes no more often than asked, and runs no more at a time than its concurrency. */
    private void job(Service job) {
        Set<SlotKey> underWay = new HashSet<>();
        Set<SlotKey> completed = new HashSet<>();
        for (Task task : after.tasksOfService(job.id())) {
            if (!JobIterations.isPresent(job, task)) {
                continue;
            }
            SlotKey key = SlotKey.of(task);
            if (Slot.isLive(task) && !underWay.add(key)) {
                fail("slot " + key + " of job " + job.id() + " is under way twice");
            }
            if (JobIterations.isCompletion(job, task)) {
                completed.add(key);
            }
        }
        if (underWay.stream().anyMatch(completed::contains)) {
            fail("job " + job.id() + " does again what it completed: " + underWay + ", " + completed);
        }
        if (ServiceModes.isReplicatedJob(job)
                && (underWay.size() > ServiceModes.maxConcurrent(job)
                        || completed.size() > ServiceModes.totalCompletions(job))) {
            fail("job " + job.id() + " has " + underWay + " under way and completed " + completed);
        }
    }

    /** No node has more reserved than it has, none of its ports belongs to two. */
    private void nothingTwiceOn(String nodeId) {
        long cpus = 0;
        Map<String, String> taskByPort = new HashMap<>();
        for (Task task : after.tasksOnNode(nodeId)) {
            if (Slot.isOver(task) || task.state().compareTo(TaskState.ASSIGNED) < 0) {
                continue;
            }
            Optional<SpecRevision> revision = after.revision(
                    Objects.requireNonNull(task.serviceId()), Objects.requireNonNull(task.specVersion()));
            if (revision.isEmpty()) {
                fail("task " + task.id() + " has no revision");
                return;
            }
            cpus += NodeDemand.reserved(revision.get());
            for (String port : NodeDemand.hostPorts(revision.get())) {
                String other = taskByPort.put(port, task.id());
                if (other != null) {
                    fail("port " + port + " of " + nodeId + " has " + other + " and " + task.id());
                }
            }
        }
        if (cpus > SimulatedNode.CPUS) {
            fail("node " + nodeId + " has " + cpus + " nano CPUs reserved");
        }
    }

    /** What a service is to be given can't be removed. */
    private void valuesAreThere(Service service) {
        ContainerSpec container =
                Objects.requireNonNull(service.spec().taskTemplate()).containerSpec();
        if (container == null) {
            return;
        }
        boolean there = container.secrets().stream()
                        .allMatch(secret -> after.find(ObjectKind.SECRET, String.valueOf(secret.secretId())) != null)
                && container.configs().stream()
                        .allMatch(config -> after.find(ObjectKind.CONFIG, String.valueOf(config.configId())) != null);
        if (!there) {
            fail("a value of service " + service.id() + " is gone: " + container);
        }
    }

    private void ingressPortsOnce() {
        Set<String> given = new HashSet<>();
        for (Service service : after.services()) {
            if (service.endpoint() == null) {
                continue;
            }
            service.endpoint().ports().stream()
                    .filter(port ->
                            port.publishMode() == PortConfig.PublishMode.INGRESS && port.publishedPort() != null)
                    .filter(port -> !given.add(port.publishedPort() + "/" + port.protocol()))
                    .forEach(port -> fail("ingress port " + port.publishedPort() + " was given twice"));
        }
    }
}
