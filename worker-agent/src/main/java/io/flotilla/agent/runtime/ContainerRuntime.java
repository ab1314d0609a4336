package io.flotilla.agent.runtime;

import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.io.OutputStream;
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

    /** Reads on after a sink that had no room has some again. Nothing happens when the container has ended. */
    void resumeOutput(String containerId);

    /**
     * The container's standard input or terminal. Writes block the calling platform thread until the container has read
     * enough, and fail with EPIPE's text once it has ended. Closing is the container's end of file with {@code stdinOnce};
     * without it, and for a terminal, it does nothing to the container.
     *
     * @throws RuntimeFailure when it is not running, has no open stdin, or had a stream with {@code stdinOnce} closed
     */
    OutputStream stdin(String containerId) throws RuntimeFailure;

    /** Sizes the container's terminal; an error without one. */
    void resize(String containerId, int rows, int columns) throws RuntimeFailure;

    /** Stops all processes of the container; returns when they stand still (cgroup freezer). Idempotent. */
    void pause(String containerId) throws RuntimeFailure;

    /** Lets a paused container go on. Idempotent. */
    void unpause(String containerId) throws RuntimeFailure;

    /** Sets those limits that are given; the others, and which devices are allowed, stay as they are. */
    void update(String containerId, RuntimeSpec.Resources resources) throws RuntimeFailure;

    /**
     * Runs another process in the container: in all its namespaces and its cgroup, confined by its seccomp profile.
     *
     * @throws RuntimeFailure in Docker's words; {@link RuntimeFailure#exitCode()} is 126 or 127 where the command could not
     *     be executed
     */
    ExecProcess exec(String containerId, ExecSpec exec, OutputSink output) throws RuntimeFailure;

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
