package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Who looks after one container of this node, as others ask things of it. */
sealed interface Worker permits TaskWorker, ContainerWorker {
    /** As it is now; null before it is made and after it is removed. */
    @Nullable
    ContainerRecord container();

    /** Its process and those who follow it. */
    ContainerLife life();

    /** Runs an action of a user between the steps. */
    CompletableFuture<Void> submit(StepLoop.Action action);

    /** Runs the end of an action that has begun, however many others wait. */
    CompletableFuture<Void> finish(StepLoop.Action action);

    /** Look again whether something is to be done. */
    void converge();

    /** A fact about the container; in actions only. */
    void observe(ContainerRecord seen, boolean durable) throws IOException;

    /** Everything about it, again. */
    void reportAll();

    /**
     * A user's word that it is to end: what would start it again by itself is not to. In actions only.
     *
     * @param again it is to be started again as soon as it has ended
     */
    void ends(boolean again) throws ActionRefused, IOException;

    /**
     * Begins to remove it.
     *
     * @param force although it runs
     * @return completes when it is gone
     */
    CompletableFuture<Void> remove(boolean force, boolean volumes);

    /** What the container is called in words for users. */
    static String describe(ContainerRecord container) {
        return "container " + container.id();
    }

    /** At most this long for a container to end after SIGKILL, as dockerd waits. */
    Duration KILL_TIMEOUT = Duration.ofSeconds(10);
}
