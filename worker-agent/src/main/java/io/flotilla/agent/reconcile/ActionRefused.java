package io.flotilla.agent.reconcile;

/** What a user asked of a container can't be done; the message is dockerd's. */
public final class ActionRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public enum Reason {
        NOT_FOUND,
        INVALID,
        /** Docker's 409 */
        CONFLICT,
        /** Docker's 403 */
        FORBIDDEN
    }

    public ActionRefused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
