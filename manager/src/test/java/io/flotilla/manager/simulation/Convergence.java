package io.flotilla.manager.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.state.ClusterState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What must be so some time after the last fault: actual is as desired, and whatever is not says why. */
final class Convergence {
    private final World world;

    Convergence(World world) {
        this.world = world;
    }

    /** @return what is not yet as it must be, empty when nothing is */
    Optional<String> missing() {
        Optional<SimulatedManager> leader =
                world.managers().stream().filter(SimulatedManager::leads).findFirst();
        if (leader.isEmpty()) {
            return Optional.of("no manager leads");
        }
        ClusterState state = leader.get().state();
        return followers(state)
                .or(() -> agents(state))
                .or(() -> services(state))
                .or(() -> new Wishes(world, state).missing())
                .or(() -> new VolumesAtRest(world, state).missing())
                .or(() -> reasons(state))
                .or(() -> topics(leader.get(), state));
    }

    private Optional<String> followers(ClusterState state) {
        return world.managers().stream()
                .filter(manager -> manager.state().changedIndex() != state.changedIndex()
                        || !Invariants.objects(manager.state()).equals(Invariants.objects(state)))
                .map(manager -> manager.id + " does not have what the leader has")
                .findFirst();
    }

    /** An update that comes to no end. */
    Optional<String> updating() {
        return world.managers().stream()
                .filter(SimulatedManager::leads)
                .flatMap(leader -> leader.state().services().stream())
                .filter(service -> isUpdating(service.updateStatus()))
                .map(service ->
                        service.spec().name() + " of " + service.specVersion() + " is still " + service.updateStatus())
                .findFirst();
    }

    static boolean isUpdating(@Nullable UpdateStatus update) {
        return update != null
                && (update.state() == UpdateStatus.State.UPDATING
                        || update.state() == UpdateStatus.State.ROLLBACK_STARTED);
    }

    /** What hosts run is what the state says they run. */
    private Optional<String> agents(ClusterState state) {
        for (SimulatedAgent agent : world.agents()) {
            Set<String> running = agent.held().stream()
                    .filter(held -> held.state() == TaskState.RUNNING)
                    .map(HeldTask::taskId)
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> recorded = state.tasksOnNode(agent.id).stream()
                    .filter(task -> task.state() == TaskState.RUNNING)
                    .map(Task::id)
                    .collect(Collectors.toCollection(TreeSet::new));
            if (!running.equals(recorded)) {
                return Optional.of(agent.id + " runs " + running + ", recorded are " + recorded);
            }
        }
        return Optional.empty();
    }

    private Optional<String> services(ClusterState state) {
        return state.services().stream()
                .flatMap(service -> service(state, service).stream())
                .findFirst();
    }

    /** Those that come to rest at all are complete, an update is under way for none of them. */
    private Optional<String> service(ClusterState state, Service service) {
        if (ServiceModes.isJob(service.spec())) {
            return job(state, service);
        }
        boolean settles = state.tasksOfService(service.id()).stream()
                .map(task -> fate(state, task))
                .allMatch(fate -> fate == Fate.HEALTHY);
        boolean restarts = restartPolicy(service)
                .filter(policy -> policy.condition() == ServiceRestartPolicy.Condition.ANY
                        && Objects.equals(policy.maxAttempts(), 0L))
                .isPresent();
        if (!settles || !restarts) {
            return Optional.empty();
        }
        UpdateStatus update = service.updateStatus();
        boolean paused = update != null
                && (update.state() == UpdateStatus.State.PAUSED
                        || update.state() == UpdateStatus.State.ROLLBACK_PAUSED);
        List<Task> live =
                state.tasksOfService(service.id()).stream().filter(Slot::isLive).toList();
        boolean waits = live.stream().anyMatch(task -> task.state() == TaskState.PENDING);
        Stream<Task> runs = live.stream().filter(task -> task.state() == TaskState.RUNNING);
        // beside a new task that failed at first the old one stays until the user decides
        long running = paused ? runs.map(SlotKey::of).distinct().count() : runs.count();
        if (!ServiceModes.isGlobal(service) && !waits && running != ServiceModes.replicas(service)) {
            return Optional.of(service.spec().name() + " has " + running + " of " + ServiceModes.replicas(service)
                    + " running: " + live);
        }
        boolean updating = isUpdating(update);
        if (updating && !waits) {
            return Optional.of(
                    service.spec().name() + " of " + service.specVersion() + " is still " + update + ": " + live);
        }
        boolean outdated = live.stream()
                // a global service's task stays on a node that takes no new ones
                .filter(task -> !ServiceModes.isGlobal(service) || takesTasks(state, task.nodeId()))
                .anyMatch(task -> !Objects.equals(task.specVersion(), service.specVersion())
                        && !state.revision(service.id(), Objects.requireNonNull(task.specVersion()))
                                .map(SpecRevision::spec)
                                .equals(Optional.ofNullable(service.spec().taskTemplate())));
        return outdated && !paused && !updating && !waits
                ? Optional.of(service.spec().name() + " still has tasks of an old spec")
                : Optional.empty();
    }

    /** What always completes in the end has: as often as asked, unless something waits for a node. */
    private static Optional<String> job(ClusterState state, Service job) {
        List<Task> present = state.tasksOfService(job.id()).stream()
                .filter(task -> JobIterations.isPresent(job, task))
                .toList();
        boolean settles = present.stream().allMatch(task -> fate(state, task) == Fate.FINISHING)
                && restartPolicy(job)
                        .filter(policy -> policy.condition() != ServiceRestartPolicy.Condition.NONE
                                && Objects.equals(policy.maxAttempts(), 0L))
                        .isPresent();
        boolean waits = present.stream().anyMatch(task -> Slot.isLive(task) && task.state() == TaskState.PENDING);
        if (!settles || waits) {
            return Optional.empty();
        }
        long wanted = ServiceModes.isReplicatedJob(job)
                ? ServiceModes.totalCompletions(job)
                : present.stream().map(Task::nodeId).distinct().count();
        long completed = present.stream()
                .filter(task -> JobIterations.isCompletion(job, task))
                .map(SlotKey::of)
                .distinct()
                .count();
        boolean stopped = ServiceModes.isGlobalJob(job) && present.stream().noneMatch(Slot::isLive);
        return completed == wanted || stopped
                ? Optional.empty()
                : Optional.of(job.spec().name() + " completed " + completed + " of " + wanted + ": " + present);
    }

    private static Optional<ServiceRestartPolicy> restartPolicy(Service service) {
        return Optional.ofNullable(service.spec().taskTemplate()).map(TaskSpec::restartPolicy);
    }

    private static boolean takesTasks(ClusterState state, @Nullable String nodeId) {
        return nodeId != null
                && state.node(nodeId)
                        .map(node -> node.spec().availability())
                        .filter(availability -> availability != NodeSpec.Availability.ACTIVE)
                        .isEmpty();
    }

    private static Fate fate(ClusterState state, Task task) {
        return state.revision(Objects.requireNonNull(task.serviceId()), Objects.requireNonNull(task.specVersion()))
                .map(revision -> Fate.of(revision.spec()))
                .orElse(Fate.HEALTHY);
    }

    private static Optional<String> reasons(ClusterState state) {
        return state.tasks().stream()
                .filter(task -> task.state().compareTo(TaskState.PENDING) <= 0 && Slot.isLive(task))
                .filter(task -> task.status().err() == null)
                .map(task -> "task " + task.id() + " waits without a reason")
                .findFirst();
    }

    /** What is published is the state. */
    private Optional<String> topics(SimulatedManager leader, ClusterState state) {
        if (leader.publishedIndex() != state.changedIndex()) {
            return Optional.of("published up to " + leader.publishedIndex() + " of " + state.changedIndex());
        }
        try {
            Map<String, JsonNode> shown = new TreeMap<>();
            for (InRecord record : world.bus.latest(Topic.OBJECTS, List.of(0))) {
                if (!record.key().startsWith("_")) {
                    shown.put(record.key(), Codec.JSON.mapper().readTree(record.value()));
                }
            }
            Map<String, JsonNode> wanted = new TreeMap<>();
            for (Map.Entry<String, StoreObject> object :
                    Invariants.objects(state).entrySet()) {
                StoreObject open =
                        object.getValue() instanceof StoredValue value ? value.withoutValue() : object.getValue();
                wanted.put(object.getKey(), Codec.JSON.mapper().readTree(Codec.JSON.encode(open)));
            }
            return Stream.concat(shown.keySet().stream(), wanted.keySet().stream())
                    .filter(key -> !Objects.equals(shown.get(key), wanted.get(key)))
                    .findFirst()
                    .map(key -> key + " is " + wanted.get(key) + ", published is " + shown.get(key));
        } catch (BusException e) {
            return Optional.of("the bus does not answer");
        } catch (IOException e) {
            return Optional.of("a published object can't be read: " + e.getMessage());
        }
    }
}
