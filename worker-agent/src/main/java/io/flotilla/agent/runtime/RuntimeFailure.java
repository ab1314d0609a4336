package io.flotilla.agent.runtime;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A container could not be made, started or removed; the message is what its user is shown. */
public final class RuntimeFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final boolean retryable;

    /**
     * @param exitCode Docker's exit code for the container: 127 command not found, 126 not executable, 128 the rest
     * @param retryable whether the same call may succeed later (memory, processes), as opposed to a wrong specification
     */
    public RuntimeFailure(String message, int exitCode, boolean retryable, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.retryable = retryable;
    }

    public int exitCode() {
        return exitCode;
    }

    public boolean retryable() {
        return retryable;
    }
}
