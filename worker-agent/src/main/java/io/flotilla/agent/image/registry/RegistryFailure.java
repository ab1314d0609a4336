package io.flotilla.agent.image.registry;

import java.io.IOException;

/** A registry did not give or take what was asked; the message names it and says what it answered. */
public final class RegistryFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final String code;

    public enum Reason {
        /** no such repository, tag or blob */
        NOT_FOUND,
        /** the credentials are missing or wrong */
        UNAUTHORIZED,
        /** the credentials do not suffice */
        DENIED,
        /** it could not be reached, or fell over; another attempt may succeed */
        UNREACHABLE,
        /** it answered what makes no sense, or refused for another reason */
        REFUSED
    }

    /** @param code of the protocol's error body, such as MANIFEST_UNKNOWN; empty for none */
    RegistryFailure(Reason reason, String code, String message) {
        super(message);
        this.reason = reason;
        this.code = code;
    }

    RegistryFailure(String message, IOException cause) {
        super(message, cause);
        this.reason = Reason.UNREACHABLE;
        this.code = "";
    }

    public Reason reason() {
        return reason;
    }

    public String code() {
        return code;
    }

    /** The same with more context. */
    public RegistryFailure saying(String message) {
        RegistryFailure more = new RegistryFailure(reason, code, message);
        more.initCause(this);
        return more;
    }
}
