package io.flotilla.agent.runtime.linux.syscall;

/**
 * How a process ended.
 *
 * @param code exit status, 0 when a signal ended it
 * @param signal the signal that ended it, 0 when it exited
 */
public record ExitStatus(int code, int signal) {
    /** As shells and Docker tell it: the exit status, or 128 + signal. */
    public int shellCode() {
        return signal == 0 ? code : 128 + signal;
    }

    /** From the status word of wait(2). */
    public static ExitStatus ofWaitStatus(int status) {
        return new ExitStatus(status >> 8 & 0xff, status & 0x7f);
    }
}
