package io.flotilla.agent.runtime.linux.syscall;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A list of system calls for a new child process, ending in execve(2). Built step by step on one thread, then run once or
 * more by {@link ChildProcess}. A step that fails ends the child, unless the errno is one it was told to ignore.
 */
public final class SyscallProgram {
    private static final int MAX_ARGUMENTS = 6;
    private static final int MAX_IGNORABLE_ERRNO = 63;

    private final List<Step> steps = new ArrayList<>();

    /**
     * Appends a call; arguments that are not given are zero.
     *
     * @param purpose what the call is for, in the words of an error message
     */
    public Step add(String purpose, Syscall call, Argument... arguments) {
        if (arguments.length > MAX_ARGUMENTS) {
            throw new IllegalArgumentException(purpose + ": " + arguments.length + " arguments");
        }
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] instanceof Argument.ResultOf earlier && (i > 0 || steps.indexOf(earlier.step()) < 0)) {
                throw new IllegalArgumentException(
                        purpose + ": a result can only be the first argument of a later step");
            }
        }
        var step = new Step(steps.size(), purpose, call, List.of(arguments));
        steps.add(step);
        return step;
    }

    List<Step> steps() {
        return Collections.unmodifiableList(steps);
    }

    /** One system call of a program. */
    public static final class Step {
        private final int index;
        private final String purpose;
        private final Syscall call;
        private final List<Argument> arguments;
        // bit n: errno n is as good as success; bit 0 is success itself (see the interpreter's source)
        private long ignoredErrnos = 1;

        private Step(int index, String purpose, Syscall call, List<Argument> arguments) {
            this.index = index;
            this.purpose = purpose;
            this.call = call;
            this.arguments = arguments;
        }

        /** With these errors, each below 64, the program goes on. */
        public Step ignoring(int... errnos) {
            for (int errno : errnos) {
                if (errno < 1 || errno > MAX_IGNORABLE_ERRNO) {
                    throw new IllegalArgumentException("errno " + errno + " can't be ignored");
                }
                ignoredErrnos |= 1L << errno;
            }
            return this;
        }

        boolean ignores(int errno) {
            return errno <= MAX_IGNORABLE_ERRNO && (ignoredErrnos >> errno & 1) != 0;
        }

        int index() {
            return index;
        }

        public String purpose() {
            return purpose;
        }

        public Syscall call() {
            return call;
        }

        List<Argument> arguments() {
            return arguments;
        }

        long ignoredErrnos() {
            return ignoredErrnos;
        }

        @Override
        public String toString() {
            return call.label() + " (" + purpose + ")";
        }
    }
}
