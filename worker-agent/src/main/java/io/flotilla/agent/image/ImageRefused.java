package io.flotilla.agent.image;

/** The caller's image, archive or request can't be accepted; the message says why in words for a user. */
public final class ImageRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public enum Reason {
        /** malformed, hostile, wrong digest, unsupported */
        INVALID,
        NOT_FOUND,
        /** in use */
        CONFLICT
    }

    public ImageRefused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
