package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.ContainerStatus;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.TaskNames;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A task's life, why it is where it is, and what comes next. */
final class TaskExplanation {
    private final ClusterImage image;
    private final Task task;
    private final Explanation.Draft draft = new Explanation.Draft();

    private TaskExplanation(ClusterImage image, Task task) {
        this.image = image;
        this.task = task;
    }

    static Explanation of(ClusterImage image, Task task) {
        TaskExplanation explanation = new TaskExplanation(image, task);
        explanation.write();
        return explanation.draft.of("task", task.id(), TaskNames.of(image, task));
    }

    private void write() {
        draft.wanted(wanted());
        String where = task.nodeId() == null ? "on no node" : "on " + Phrases.node(image, task.nodeId());
        draft.seen(Phrases.lower(task.state()) + " " + where + " since " + Phrases.at(Phrases.since(task)));
        if (!isAsWanted()) {
            reasons();
        }
        next();
        task.volumes()
                .forEach(attachment -> draft.detail("volume at " + attachment.target() + ": "
                        + image.clusterVolume(attachment.id())
                                .map(volume -> VolumeExplanation.summary(image, volume))
                                .orElse(attachment.source() + ", which was removed by force")));
        history();
    }

    private String wanted() {
        return switch (task.desiredState()) {
            case READY -> "prepared, to run when its turn comes";
            case RUNNING -> "running";
            case COMPLETE -> "run to its end";
            case SHUTDOWN -> "stopped";
            case REMOVE -> "removed";
            default -> Phrases.lower(task.desiredState());
        };
    }

    private boolean isAsWanted() {
        boolean onItsWay = task.desiredState() == TaskState.COMPLETE && task.state() == TaskState.RUNNING;
        return Successor.isLive(task) ? onItsWay || task.state() == task.desiredState() : isOver();
    }

    private boolean isOver() {
        return task.state().compareTo(TaskState.RUNNING) > 0;
    }

    private void reasons() {
        String why = Phrases.why(task);
        draft.reason(why.isEmpty() ? "it is " + Phrases.lower(task.state()) : why);
        Successor.startsAt(image, task)
                .ifPresent(at -> draft.reason(
                        "the one before it ended by itself; its restart delay is over at " + Phrases.at(at)));
        image.node(task.nodeId())
                .filter(node -> node.status() != null && node.status().state() == NodeState.DOWN)
                .ifPresent(node -> draft.reason("node " + Phrases.name(node) + " is down"));
        Advice.on(why).ifPresent(draft::next);
    }

    private void next() {
        Optional<Task> after = Successor.after(image, task);
        if (after.isPresent()) {
            draft.next("it was replaced by " + TaskNames.of(image, after.get()) + ", which is "
                    + Phrases.lower(after.get().state()));
            return;
        }
        if (isOver()) {
            if (Successor.endedByItself(task) && image.service(task.serviceId()).isPresent()) {
                draft.next(Successor.isLive(task) ? "a new task takes its place" : Successor.whyNone(image, task));
            }
            return;
        }
        if (Successor.isLive(task)) {
            waiting();
        } else {
            draft.next("its node stops it, and kills it when its stop grace period is over");
        }
    }

    private void waiting() {
        switch (task.state()) {
            case NEW -> draft.next("it waits for ports and addresses, then for a node");
            case ALLOCATED, PENDING -> draft.next("it is placed as soon as a node fits");
            case ASSIGNED, ACCEPTED, PREPARING ->
                draft.next(Phrases.node(image, task.nodeId()) + (task.volumes().isEmpty() ? "" : " mounts its volumes,")
                        + " gets the image and makes the container");
            case READY ->
                draft.next(Successor.startsAt(image, task)
                        .map(at -> "it is started at " + Phrases.at(at))
                        .orElse("it is started when the task it replaces is over"));
            case STARTING -> draft.next("its process is started; with a health check it runs once that says so");
            default -> {}
        }
    }

    private void history() {
        draft.happened(task.createdAt(), "created");
        Successor.before(image, task)
                .filter(Successor::endedByItself)
                .ifPresent(previous -> draft.happened(
                        Phrases.since(previous),
                        "the one before it, " + previous.id() + ", " + Phrases.lower(previous.state()) + ": "
                                + Phrases.why(previous)));
        ContainerStatus status = task.status().containerStatus();
        if (status != null) {
            image.container(status.containerId()).ifPresent(container -> {
                draft.happened(container.inspect().created(), "container " + container.id() + " made");
                ContainerState state = container.inspect().state();
                if (state != null) {
                    draft.happened(moment(state.startedAt()), "process started");
                    draft.happened(moment(state.finishedAt()), "process ended with " + state.exitCode());
                }
            });
        }
        draft.happened(task.status().timestamp(), Phrases.lower(task.state()) + ", " + Phrases.why(task));
    }

    /** Docker writes a moment that never was as the year 1. */
    static @Nullable Instant moment(@Nullable String text) {
        if (text == null || text.isEmpty() || text.startsWith("0001-")) {
            return null;
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null; // a node's own words: what can't be read is left out
        }
    }
}
