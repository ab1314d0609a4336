package io.flotilla.manager.orchestrator.cron;

/** A label that can't be followed; the message says which and why. */
public final class CronInvalid extends Exception {
    private static final long serialVersionUID = 1L;

    CronInvalid(String message) {
        super(message);
    }
}
