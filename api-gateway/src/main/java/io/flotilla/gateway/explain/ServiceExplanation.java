package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Endpoint;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.TaskNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why a service has the tasks it has. */
final class ServiceExplanation {
    private static final int MAX_NAMES = 5;
    private static final Comparator<Task> IN_ORDER = Comparator.comparing(
                    (Task task) -> Objects.requireNonNullElse(task.slot(), 0L))
            .thenComparing(task -> Objects.requireNonNullElse(task.nodeId(), ""))
            .thenComparing(Task::createdAt)
            .thenComparing(Task::id);

    private final ClusterImage image;
    private final Service service;
    private final List<Task> tasks;
    private final List<Task> live;
    private final Explanation.Draft draft = new Explanation.Draft();

    private ServiceExplanation(ClusterImage image, Service service) {
        this.image = image;
        this.service = service;
        this.tasks = image.tasksOf(service.id()).stream().sorted(IN_ORDER).toList();
        this.live = tasks.stream().filter(Successor::isLive).toList();
    }

    static Explanation of(ClusterImage image, Service service) {
        ServiceExplanation explanation = new ServiceExplanation(image, service);
        explanation.write();
        return explanation.draft.of(
                "service", service.id(), String.valueOf(service.spec().name()));
    }

    private void write() {
        Optional<CronExplanation> cron = CronExplanation.of(image, service, ofIteration());
        draft.wanted(wanted() + cron.map(CronExplanation::schedule).orElse(""));
        draft.seen(seen());
        cron.ifPresent(schedule -> schedule.write(draft));
        update();
        tasksNotAsWanted();
        tasksMissing();
        ports();
        volumes();
        actingLabels();
        history();
    }

    private String wanted() {
        String of = Optional.ofNullable(service.spec().taskTemplate())
                .map(TaskSpec::containerSpec)
                .map(container -> " of " + container.image())
                .orElse("");
        ServiceMode mode = service.spec().mode();
        if (mode != null && mode.global() != null) {
            return "one task" + of + " on every node that fits";
        }
        if (mode != null && mode.globalJob() != null) {
            return "one task" + of + " run to its end on every node that fits";
        }
        if (mode != null && mode.replicatedJob() != null) {
            return Phrases.count(completions(mode.replicatedJob()), "task") + of + " run to their end";
        }
        return Phrases.count(replicas(), "replica") + of;
    }

    private static long completions(ServiceMode.ReplicatedJob job) {
        return Objects.requireNonNullElse(job.totalCompletions(), Objects.requireNonNullElse(job.maxConcurrent(), 1L));
    }

    private long replicas() {
        return Optional.ofNullable(service.spec().mode())
                .map(ServiceMode::replicated)
                .map(ServiceMode.Replicated::replicas)
                .orElse(1L);
    }

    private boolean isReplicated() {
        ServiceMode mode = service.spec().mode();
        return mode == null || mode.replicated() != null;
    }

    private boolean isJob() {
        ServiceMode mode = service.spec().mode();
        return mode != null && (mode.replicatedJob() != null || mode.globalJob() != null);
    }

    private String seen() {
        return Phrases.states(isJob() ? ofIteration() : live);
    }

    private List<Task> ofIteration() {
        return tasks.stream().filter(this::isOfIteration).toList();
    }

    private boolean isOfIteration(Task task) {
        return service.jobStatus() == null || Objects.equals(service.jobStatus().jobIteration(), task.jobIteration());
    }

    private void update() {
        UpdateStatus status = service.updateStatus();
        if (status == null || status.state() == null) {
            return;
        }
        String message = Objects.requireNonNullElse(status.message(), Phrases.lower(status.state()));
        switch (status.state()) {
            case PAUSED, ROLLBACK_PAUSED -> {
                draft.reason(message);
                Advice.on(message).ifPresent(draft::next);
            }
            case UPDATING, ROLLBACK_STARTED -> {
                long old = live.stream()
                        .filter(task -> !Objects.equals(task.specVersion(), service.specVersion()))
                        .count();
                draft.reason(message + ": " + Phrases.count(old, "task") + " of an older spec left");
                draft.next("the update goes on by itself, "
                        + "as fast as its parallelism, delay and monitor period allow (docker service inspect)");
            }
            case COMPLETED, ROLLBACK_COMPLETED -> draft.detail(message);
        }
    }

    /** Tasks with the same reason share a sentence. */
    private void tasksNotAsWanted() {
        Map<String, List<Task>> byReason = new LinkedHashMap<>();
        live.stream().filter(task -> task.state() != TaskState.RUNNING).forEach(task -> byReason.computeIfAbsent(
                        reasonOf(task), r -> new ArrayList<>())
                .add(task));
        byReason.forEach((reason, of) -> {
            draft.reason(names(of) + ": " + reason);
            Advice.on(reason).ifPresent(draft::next);
        });
    }

    private String reasonOf(Task task) {
        String state = Phrases.lower(task.state());
        String why = Phrases.why(task);
        return Successor.startsAt(image, task)
                .map(at -> "restarted at " + Phrases.at(at) + " when its restart delay is over; before, "
                        + Successor.before(image, task).map(Phrases::why).orElse("it ended"))
                .orElse(state + (why.isEmpty() || why.equals(state) ? "" : ", " + why));
    }

    private String names(List<Task> of) {
        String first = of.stream()
                .limit(MAX_NAMES)
                .map(task -> TaskNames.instance(image, task))
                .collect(Collectors.joining(", "));
        return of.size() > MAX_NAMES ? first + " and " + (of.size() - MAX_NAMES) + " more" : first;
    }

    private void tasksMissing() {
        if (isJob()) {
            return;
        }
        if (!isReplicated()) {
            nodesWithout();
            return;
        }
        long slots = live.stream().map(Task::slot).distinct().count();
        if (slots >= replicas()) {
            return;
        }
        draft.reason(Phrases.count(replicas() - slots, "replica") + " without a task that is wanted to run");
        tasks.stream()
                .filter(task -> !Successor.isLive(task) && Successor.endedByItself(task))
                .filter(task -> live.stream().noneMatch(other -> Objects.equals(other.slot(), task.slot())))
                .filter(task -> Successor.after(image, task).isEmpty())
                .forEach(task -> draft.reason(TaskNames.instance(image, task) + ": " + Phrases.lower(task.state())
                        + " at " + Phrases.at(Phrases.since(task)) + ", " + Phrases.why(task) + "; "
                        + Successor.whyNone(image, task)));
        draft.next("docker service update --force starts them anew");
    }

    private void nodesWithout() {
        for (Node node : image.nodes()) {
            boolean has = live.stream().anyMatch(task -> node.id().equals(task.nodeId()));
            if (has) {
                continue;
            }
            String name = Phrases.name(node);
            if (node.status() != null && node.status().state() == NodeState.DOWN) {
                draft.detail("none on " + name + ": it is down");
            } else if (node.spec().availability() != NodeSpec.Availability.ACTIVE
                    && node.spec().availability() != null) {
                draft.detail("none on " + name + ": its availability is "
                        + Phrases.lower(node.spec().availability()));
            } else {
                draft.detail("none on " + name + ": it does not meet the constraints, or its task ended for good");
            }
        }
    }

    private void ports() {
        Endpoint endpoint = service.endpoint();
        if (endpoint != null) {
            endpoint.ports().forEach(port -> draft.detail(Phrases.port(port)));
        }
    }

    private void volumes() {
        List<Mount> mounts = Optional.ofNullable(service.spec().taskTemplate())
                .map(TaskSpec::containerSpec)
                .map(ContainerSpec::mounts)
                .orElse(List.of());
        mounts.stream()
                .filter(mount -> mount.type() == Mount.MountType.CLUSTER)
                .forEach(mount -> draft.detail("volume at " + mount.target() + ": "
                        + VolumeExplanation.ofSource(image, Objects.requireNonNullElse(mount.source(), ""))));
    }

    private void actingLabels() {
        service.spec().labels().entrySet().stream()
                .filter(label -> label.getKey().startsWith("flotilla."))
                .sorted(Map.Entry.comparingByKey())
                .forEach(label -> draft.detail("label " + label.getKey() + "=" + label.getValue()));
    }

    private void history() {
        draft.happened(service.createdAt(), "created");
        UpdateStatus status = service.updateStatus();
        if (status != null) {
            draft.happened(status.startedAt(), "update started");
            draft.happened(status.completedAt(), String.valueOf(status.message()));
        }
        ScaleDecision decision = service.scaleDecision();
        if (decision != null) {
            draft.happened(
                    decision.at(),
                    "autoscaled from " + decision.fromReplicas() + " to " + decision.toReplicas() + " replicas: "
                            + decision.reason());
        }
        tasks.stream()
                .filter(Successor::endedByItself)
                .forEach(task -> draft.happened(
                        Phrases.since(task),
                        TaskNames.instance(image, task) + " " + Phrases.lower(task.state()) + " on "
                                + Phrases.node(image, task.nodeId()) + ": " + Phrases.why(task)));
    }
}
