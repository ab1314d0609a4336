package io.flotilla.agent.runtime.linux.syscall;

import org.jspecify.annotations.Nullable;

/** How the run of a {@link SyscallProgram} went. In all but the first case no child is left. */
public sealed interface Outcome {
    /**
     * The program's last execve succeeded.
     *
     * @param pid the child in the caller's pid namespace; the caller has to reap it
     * @param pidfd close-on-exec; the caller has to close it
     */
    record Executing(int pid, int pidfd) implements Outcome {}

    /** A step returned an errno it may not ignore. */
    record StepFailed(SyscallProgram.Step step, int errno) implements Outcome {}

    /** A signal ended the child before it ran the command; {@code at} is the step it was in, where that is known. */
    record Killed(int signal, SyscallProgram.@Nullable Step at) implements Outcome {}

    /** There was no child: clone(2) refused. */
    record NotCloned(int errno) implements Outcome {}
}
