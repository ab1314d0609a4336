package io.flotilla.agent.volume;

/** What was asked of a volume can't be; the message is dockerd's. Nothing was changed. */
public final class VolumeRefused extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, for the status of an answer. */
    public enum Reason {
        NOT_FOUND,
        INVALID,
        CONFLICT
    }

    private final Reason reason;

    public VolumeRefused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
