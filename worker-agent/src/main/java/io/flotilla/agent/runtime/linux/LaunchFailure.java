package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.util.Set;

/** Words a start that failed as Docker's clients know it, with the exit code Docker gives such a container. */
final class LaunchFailure {
    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;
    private static final int OTHER = 128;
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;

    private LaunchFailure() {}

    static RuntimeFailure of(RuntimeSpec spec, Outcome.StepFailed failed) {
        if (failed.step().call() == Syscall.EXECVE) {
            return ofExec(spec.process().args().getFirst(), failed.errno());
        }
        return new RuntimeFailure(
                "error during container init: " + failed.step().purpose() + ": "
                        + failed.step().call().label() + ": " + Errno.describe(failed.errno()) + ": unknown",
                OTHER,
                mayPass(failed.errno()),
                null);
    }

    private static RuntimeFailure ofExec(String command, int errno) {
        String quoted = "exec: \"" + command + "\": ";
        boolean missing = errno == Errno.ENOENT || errno == Errno.ENOTDIR;
        if (!command.contains("/") && (missing || errno == Errno.EACCES)) {
            // as Go's exec.LookPath, which does not tell a file that can't be executed from none
            return new RuntimeFailure(quoted + "executable file not found in $PATH: unknown", NOT_FOUND, false, null);
        }
        if (missing) {
            return new RuntimeFailure(
                    quoted + "stat " + command + ": " + Errno.describe(errno) + ": unknown", NOT_FOUND, false, null);
        }
        return new RuntimeFailure(quoted + Errno.describe(errno) + ": unknown", NOT_EXECUTABLE, mayPass(errno), null);
    }

    /** As an exec of docker's client is told, whatever step it was. */
    static RuntimeFailure ofExec(RuntimeSpec.Process process, Outcome outcome) {
        RuntimeFailure failure =
                switch (outcome) {
                    case Outcome.StepFailed(var step, int errno)
                    when step.call() == Syscall.EXECVE -> ofExec(process.args().getFirst(), errno);
                    case Outcome.StepFailed(var step, int errno) ->
                        new RuntimeFailure(
                                step.purpose() + ": " + Errno.describe(errno) + ": unknown",
                                OTHER,
                                mayPass(errno),
                                null);
                    case Outcome.Killed killed -> of(killed);
                    case Outcome.NotCloned refused -> of(refused);
                    case Outcome.Executing _ -> throw new IllegalArgumentException("an exec that did not fail");
                };
        return ofExec(failure);
    }

    static RuntimeFailure ofExec(RuntimeFailure failure) {
        return new RuntimeFailure(
                "OCI runtime exec failed: exec failed: unable to start container process: " + failure.getMessage(),
                failure.exitCode(),
                failure.retryable(),
                failure);
    }

    static RuntimeFailure of(Outcome.Killed killed) {
        String where = killed.at() == null ? "" : " in " + killed.at();
        return new RuntimeFailure(
                "container init was killed by signal " + killed.signal() + where
                        + ": a seccomp profile may forbid what starting a command needs: unknown",
                OTHER + killed.signal(),
                false,
                null);
    }

    static RuntimeFailure of(Outcome.NotCloned refused) {
        return new RuntimeFailure(
                "container init could not be forked: clone: " + Errno.describe(refused.errno()) + ": unknown",
                OTHER,
                mayPass(refused.errno()),
                null);
    }

    private static boolean mayPass(int errno) {
        return Set.of(Errno.EAGAIN, Errno.ENOMEM, Errno.ENOSPC, Errno.EBUSY, ENFILE, EMFILE)
                .contains(errno);
    }
}
