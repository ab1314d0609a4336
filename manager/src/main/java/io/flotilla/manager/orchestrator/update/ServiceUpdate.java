package io.flotilla.manager.orchestrator.update;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RevisionComparison;
import io.flotilla.manager.orchestrator.ServiceRevisions;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.orchestrator.UpdatePhase;
import io.flotilla.manager.scheduler.ClusterVolumes;
import io.flotilla.manager.scheduler.Constraint;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** One look at one service's update: what failed, which slots have their turn, whether it is complete. */
final class ServiceUpdate {
    private final Turn turn;
    private final Map<String, UpdateProgress> progressByService;
    private final UpdateSupervisor.WayBack wayBack;
    private Service service;

    ServiceUpdate(
            Turn turn,
            Service service,
            Map<String, UpdateProgress> progressByService,
            UpdateSupervisor.WayBack wayBack) {
        this.turn = turn;
        this.service = service;
        this.progressByService = progressByService;
        this.wayBack = wayBack;
    }

    /** @return when to look again though nothing changes */
    Optional<Instant> advance() {
        List<UpdatedSlot> slots = slots();
        if (!UpdatePhase.isUnderWay(service) && slots.stream().anyMatch(UpdatedSlot::isReplacedLate)) {
            slots.stream().filter(UpdatedSlot::isReplacedLate).forEach(slot -> retire(slot, false));
            slots = slots();
        }
        boolean outdated = slots.stream().anyMatch(UpdatedSlot::isOutdated);
        if (!UpdatePhase.isUnderWay(service)) {
            if (!outdated) {
                return Optional.empty();
            }
            status(new UpdateStatus(UpdateStatus.State.UPDATING, turn.now(), null, "update in progress"));
        }
        UpdateRules rules = UpdateRules.of(service);
        UpdateProgress progress = progress(slots);
        if (stoppedByFailure(slots, rules, progress)) {
            return Optional.empty();
        }
        Optional<Instant> nextTurn = giveTurns(slots, rules, progress);
        Optional<Instant> next = outdated ? nextTurn : complete(slots, rules, progress);
        Stream<Instant> patienceEnds = slots.stream()
                .flatMap(slot -> slot.made().stream())
                .flatMap(task -> progress.givesUpAt(task, rules).stream());
        return Stream.concat(next.stream(), patienceEnds).min(Comparator.naturalOrder());
    }

    private List<UpdatedSlot> slots() {
        RevisionComparison revisions = new RevisionComparison(turn.state(), service);
        Predicate<Task> givenUp = task -> UpdateRules.of(service).givesUp(task, turn.now());
        return Slot.allOf(turn.state(), service.id()).values().stream()
                .filter(this::isUpdatable)
                .map(slot -> UpdatedSlot.of(turn.state(), slot, revisions, givenUp, service.specVersion(), startedAt()))
                .toList();
    }

    // a global service's task can't be replaced on a node that takes no new ones
    private boolean isUpdatable(Slot slot) {
        if (!slot.key().isGlobal()) {
            return true;
        }
        Optional<Node> node = turn.state().node(slot.key().nodeId());
        return node.isPresent()
                && !NodeValidity.isInvalid(turn.state(), node.get().id())
                && !NodeValidity.isPaused(node.get())
                && Constraint.allMatch(Constraint.of(service.spec().taskTemplate()), node.get());
    }

    private Instant startedAt() {
        return Optional.ofNullable(service.updateStatus())
                .filter(status -> UpdatePhase.isUnderWay(service))
                .map(UpdateStatus::startedAt)
                .orElse(turn.now());
    }

    private UpdateProgress progress(List<UpdatedSlot> slots) {
        UpdateProgress known = progressByService.get(service.id());
        if (known != null && known.isOf(startedAt())) {
            return known;
        }
        UpdateProgress fresh = new UpdateProgress(startedAt());
        slots.stream().flatMap(slot -> slot.made().stream()).forEach(fresh::found);
        progressByService.put(service.id(), fresh);
        return fresh;
    }

    private boolean stoppedByFailure(List<UpdatedSlot> slots, UpdateRules rules, UpdateProgress progress) {
        long size = slots.stream().filter(UpdatedSlot::isPartOfUpdate).count();
        for (UpdatedSlot slot : slots) {
            for (Task task : slot.made()) {
                boolean unplaced = progress.givesUp(task, rules, turn.now());
                boolean isTooMuch = (unplaced || progress.observe(task, rules.monitor()))
                        && progress.failures() > rules.maxFailureRatio() * size
                        && rules.failureAction() != UpdateConfig.FailureAction.CONTINUE;
                if (isTooMuch) {
                    stop(
                            rules,
                            unplaced
                                    ? unplaced(task, rules)
                                    : " due to failure or early termination of task " + task.id());
                    return true;
                }
            }
        }
        return false;
    }

    private static String unplaced(Task task, UpdateRules rules) {
        return " because no node took task " + task.id() + " for "
                + rules.patience().toMinutes() + "m: "
                + Objects.requireNonNullElse(task.status().err(), "no suitable node");
    }

    private void stop(UpdateRules rules, String cause) {
        boolean rollingBack = UpdatePhase.isRollingBack(service);
        ServiceSpec previous = service.previousSpec();
        if (rules.failureAction() == UpdateConfig.FailureAction.ROLLBACK && !rollingBack && previous != null) {
            wayBack.obstacle(turn.state(), previous, service.id())
                    .ifPresentOrElse(
                            obstacle -> pause(
                                    UpdateStatus.State.PAUSED,
                                    "update paused" + cause + "; it can't be rolled back: " + obstacle),
                            () -> ServiceRevisions.rolledBackAfterFailure(turn, service, "update rolled back" + cause));
        } else if (rollingBack) {
            pause(UpdateStatus.State.ROLLBACK_PAUSED, "rollback paused" + cause);
        } else {
            pause(UpdateStatus.State.PAUSED, "update paused" + cause);
        }
        progressByService.remove(service.id());
    }

    private void pause(UpdateStatus.State state, String message) {
        status(new UpdateStatus(state, startedAt(), null, message));
    }

    /** @return when the delay after a slot that came up is over and one more may have its turn */
    private Optional<Instant> giveTurns(List<UpdatedSlot> slots, UpdateRules rules, UpdateProgress progress) {
        long busy = 0;
        Optional<Instant> next = Optional.empty();
        for (UpdatedSlot slot : slots) {
            Optional<Instant> freeAt =
                    slot.freeAt(turn.state(), progress, rules.delay()).filter(at -> at.isAfter(turn.now()));
            if (slot.isComingUp(turn.state(), progress) || freeAt.isPresent()) {
                busy++;
            }
            if (freeAt.isPresent() && (next.isEmpty() || freeAt.get().isBefore(next.get()))) {
                next = freeAt;
            }
        }
        for (UpdatedSlot slot : slots) {
            if (!slot.isOutdated()) {
                continue;
            }
            if (slot.hasReplacement()) {
                retire(slot, !slot.replacementRuns() && startsFirst(slot, rules));
            } else if (busy < rules.parallelism()) {
                busy++;
                replace(slot, startsFirst(slot, rules));
            }
        }
        return next;
    }

    /** Whether the new task may run beside the old one: not when it has to wait for a volume of that. */
    private boolean startsFirst(UpdatedSlot slot, UpdateRules rules) {
        return rules.startFirst()
                && slot.outdated().stream()
                        .noneMatch(task -> ClusterVolumes.awaitsEndOf(
                                turn.state(), task, service.spec().taskTemplate()));
    }

    private void replace(UpdatedSlot slot, boolean startFirst) {
        retire(slot, startFirst);
        TaskChanges.create(turn, service, slot.slot().key(), startFirst ? TaskState.RUNNING : TaskState.READY);
    }

    /** @param startFirst one task that runs stays until the new one does; what does not run yet is of no use to anyone */
    private void retire(UpdatedSlot slot, boolean startFirst) {
        Optional<Task> kept = slot.runningOutdated().filter(task -> startFirst);
        slot.outdated().stream()
                .filter(task -> !task.equals(kept.orElse(null)))
                .forEach(task -> TaskChanges.desire(turn, task, TaskState.SHUTDOWN));
    }

    /** Nothing is outdated: complete once the last new task has run for as long as it is monitored. */
    private Optional<Instant> complete(List<UpdatedSlot> slots, UpdateRules rules, UpdateProgress progress) {
        if (slots.stream().anyMatch(slot -> slot.isComingUp(turn.state(), progress))) {
            return Optional.empty();
        }
        Instant due = slots.stream()
                .flatMap(slot -> slot.freeAt(turn.state(), progress, rules.monitor()).stream())
                .max(Comparator.naturalOrder())
                .orElse(turn.now());
        if (due.isAfter(turn.now())) {
            return Optional.of(due);
        }
        boolean rollingBack = UpdatePhase.isRollingBack(service);
        status(new UpdateStatus(
                rollingBack ? UpdateStatus.State.ROLLBACK_COMPLETED : UpdateStatus.State.COMPLETED,
                startedAt(),
                turn.now(),
                rollingBack ? "rollback completed" : "update completed"));
        progressByService.remove(service.id());
        return Optional.empty();
    }

    private void status(UpdateStatus status) {
        service = service.withUpdateStatus(status).withUpdatedAt(turn.now());
        turn.put(service);
    }
}
