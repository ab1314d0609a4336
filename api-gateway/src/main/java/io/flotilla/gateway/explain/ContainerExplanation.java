package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Health;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.RestartPolicy;
import io.flotilla.bus.schema.Task;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.flotilla.gateway.view.TaskNames;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a container runs or does not; of a task's it is the task that decides. */
final class ContainerExplanation {
    /** Exit codes of 128 and above: a signal ended the process (128 + its number). */
    private static final long SIGNALLED = 128;

    private final ClusterImage image;
    private final Container container;
    private final @Nullable ContainerState state;
    private final Explanation.Draft draft = new Explanation.Draft();

    private ContainerExplanation(ClusterImage image, Container container) {
        this.image = image;
        this.container = container;
        this.state = container.inspect().state();
    }

    static Explanation of(ClusterImage image, Container container) {
        ContainerExplanation explanation = new ContainerExplanation(image, container);
        explanation.write();
        return explanation.draft.of(
                "container", container.id(), Lookup.nameOf(container).substring(1));
    }

    private void write() {
        Optional<Task> task = image.task(container.taskId());
        boolean toRun = task.map(Successor::isLive).orElse(container.starts() > 0);
        draft.wanted(task.map(of -> (toRun ? "runs" : "is stopped") + ", for task " + TaskNames.of(image, of))
                .orElse(toRun ? "was started" : "was made, and not started yet"));
        draft.seen(status() + " on " + Phrases.node(image, container.nodeId()));
        if (toRun && !isRunning()) {
            draft.reason(ended());
            next(task);
        }
        health();
        image.node(container.nodeId())
                .filter(node -> node.status() != null && node.status().state() == NodeState.DOWN)
                .ifPresent(node -> draft.reason(
                                "node " + Phrases.name(node) + " is down: this is what was last heard of the container")
                        .next("containers of no service stay with their node, and are there again when it is"));
        history();
    }

    private String status() {
        return state == null ? "not made by its node yet" : Objects.requireNonNullElse(state.status(), "created");
    }

    private boolean isRunning() {
        return state != null && Boolean.TRUE.equals(state.running());
    }

    private String ended() {
        if (state == null || container.observed() == 0) {
            return "its node has not reported it yet";
        }
        String error = Objects.requireNonNullElse(state.error(), "");
        if (!error.isEmpty()) {
            return error;
        }
        if (Boolean.TRUE.equals(state.oomKilled())) {
            return "the kernel killed it: it used more than its memory limit";
        }
        long code = Objects.requireNonNullElse(state.exitCode(), 0L);
        String signal = code > SIGNALLED ? ", by signal " + (code - SIGNALLED) : "";
        return "its process ended with exit code " + code + signal;
    }

    private void next(Optional<Task> task) {
        if (task.isPresent()) {
            draft.next("./flotilla explain task " + task.get().id() + " tells what follows");
            return;
        }
        RestartPolicy policy = Optional.ofNullable(container.request())
                .map(ContainerRequest::hostConfig)
                .map(host -> host.restartPolicy())
                .orElse(null);
        String name = policy == null ? "" : Objects.requireNonNullElse(policy.name(), "");
        if (state != null && Boolean.TRUE.equals(state.restarting())) {
            draft.next("its restart policy \"" + name + "\" starts it again, after a delay that doubles each time");
        } else {
            draft.next(
                    name.isEmpty() || name.equals("no")
                            ? "nothing starts it again: it has no restart policy; docker start does"
                            : "its restart policy \"" + name + "\" does not start it again; docker start does");
            draft.next("docker logs tells what the process said");
        }
    }

    private void health() {
        Health health = state == null ? null : state.health();
        if (health != null && isRunning() && "unhealthy".equals(health.status())) {
            String said = health.log().isEmpty()
                    ? ""
                    : ": " + String.valueOf(health.log().getLast().output()).strip();
            draft.reason("its health check failed " + health.failingStreak() + " times in a row" + said);
            Advice.on("unhealthy").ifPresent(draft::next);
        }
    }

    private void history() {
        draft.happened(container.createdAt(), "created");
        if (state != null) {
            draft.happened(TaskExplanation.moment(state.startedAt()), "process started");
            draft.happened(TaskExplanation.moment(state.finishedAt()), "process ended with " + state.exitCode());
        }
    }
}
