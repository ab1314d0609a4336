package io.flotilla.agent.runtime;

import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/** A process executed in a container. It ends with its container, and does not outlive the agent's interest: only we reap it. */
public interface ExecProcess {
    /** In the host's pid namespace. */
    int pid();

    /** Completes when the process has ended and all its output was delivered. Dependents must not wait. */
    CompletableFuture<Exit> exit();

    /**
     * Its standard input or terminal. Writes block the calling platform thread until the process has read enough; closing is
     * the process's end of file, and does nothing to a terminal.
     *
     * @throws RuntimeFailure without an open stdin, or when it has ended
     */
    OutputStream stdin() throws RuntimeFailure;

    /** Sizes its terminal; an error without one. */
    void resize(int rows, int columns) throws RuntimeFailure;

    /** Sends a signal. No error when it has ended. */
    void signal(int number) throws RuntimeFailure;

    /** Reads on after a sink that had no room has some again. */
    void resumeOutput();
}
