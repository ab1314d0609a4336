package io.flotilla.agent.runtime;

import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Runs containers on this host. Calls for one container must be serial (the reconciler's keyed queue does that); calls for
 * different containers may be concurrent. Calls block the calling platform thread for milliseconds; never call from a
 * virtual thread (JNA pins the carrier).
 *
 * <p>Life of a container: {@link #create} makes what the kernel keeps for it (cgroups, its run folder, stdio FIFOs),
 * {@link #start} runs its process, {@link #exit} completes once, {@link #delete} takes everything away. After the agent's
 * own restart {@link #adopt} takes the place of create and start.
 */
public interface ContainerRuntime extends AutoCloseable {

    /** Prepares the container; does nothing that already exists. Its root file system is {@link RuntimeSpec#root()}. */
    void create(RuntimeSpec spec) throws RuntimeFailure;

    /**
     * Starts the created container's first process; its output goes to {@code output} until it ends.
     *
     * @throws RuntimeFailure with the container's step and errno; {@link RuntimeFailure#exitCode()} is Docker's 126 or 127
     *     where the command could not be executed
     */
    RunningProcess start(RuntimeSpec spec, OutputSink output) throws RuntimeFailure;

    /**
     * Takes over a container an earlier agent process started: verifies pid and start time, opens a pidfd, reopens stdio.
     *
     * @return empty when that process is gone; then {@link #exit} still tells the exit code where the kernel does, and
     *     completes with {@link Exit#unknown} where it does not
     */
    Optional<RunningProcess> adopt(RuntimeSpec spec, RunningProcess process, OutputSink output) throws RuntimeFailure;

    /** Completes when the container's first process has ended; one future per container since its start or adoption. */
    CompletableFuture<Exit> exit(String containerId);

    /** Sends a signal to the first process. No error when it has ended. */
    void signal(String containerId, int signal) throws RuntimeFailure;

    /** Kills every process of the container's cgroup, and removes cgroups, mounts, FIFOs and run folder. Idempotent. */
    void delete(String containerId) throws RuntimeFailure;

    /** Counters as the kernel has them now; empty when the container does not run. */
    Optional<ResourceUsage> usage(String containerId) throws IOException;

    /** Host process ids of the container, first process first. */
    List<Integer> processes(String containerId) throws IOException;

    /** Ids of all containers this instance has kernel objects for, to find what nobody wants any more. */
    List<String> known() throws IOException;

    /** Stops watching; containers go on. */
    @Override
    void close();
}
