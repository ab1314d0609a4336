package io.flotilla.bus.command;

/**
 * An expected refusal. The gateway maps each kind to one HTTP status, once.
 *
 * @param message as Docker words it where clients match on it
 */
public record Refusal(Kind kind, String message) {
    public enum Kind {
        /** 400 */
        INVALID,
        /** 403 */
        FORBIDDEN,
        /** 404 */
        NOT_FOUND,
        /** 409 */
        CONFLICT,
        /** The object was changed since the client read it. */
        OUT_OF_SEQUENCE,
        /** 501: a later capability, named in the message */
        NOT_IMPLEMENTED,
        /** 503: not a swarm manager, no leader, locked */
        UNAVAILABLE
    }

    public static Refusal invalid(String message) {
        return new Refusal(Kind.INVALID, message);
    }

    public static Refusal notFound(String message) {
        return new Refusal(Kind.NOT_FOUND, message);
    }

    public static Refusal conflict(String message) {
        return new Refusal(Kind.CONFLICT, message);
    }

    public static Refusal unavailable(String message) {
        return new Refusal(Kind.UNAVAILABLE, message);
    }

    /** Docker's answer to an update with a stale version. */
    public static Refusal outOfSequence() {
        return new Refusal(Kind.OUT_OF_SEQUENCE, "rpc error: code = Unknown desc = update out of sequence");
    }
}
