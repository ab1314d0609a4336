package io.flotilla.agent.runtime.linux;

import java.io.IOException;

/** A system call the kernel refused: what was tried, on what, and the errno. */
public final class KernelException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String operation;
    private final String target;
    private final int errno;

    /**
     * @param operation the system call or protocol message, such as {@code mount} or {@code RTM_NEWLINK}
     * @param target the path, interface or container it was about; may be empty
     * @param errno the positive error number
     */
    public KernelException(String operation, String target, int errno) {
        super(operation + (target.isEmpty() ? "" : " " + target) + ": " + Errno.describe(errno));
        this.operation = operation;
        this.target = target;
        this.errno = errno;
    }

    public String operation() {
        return operation;
    }

    public String target() {
        return target;
    }

    /** The positive error number, see errno(3). */
    public int errno() {
        return errno;
    }
}
