package io.flotilla.agent.log;

/** The log driver or one of its options can't be had; the message is Docker's. */
public final class LogRefused extends Exception {
    private static final long serialVersionUID = 1L;

    public LogRefused(String message) {
        super(message);
    }
}
