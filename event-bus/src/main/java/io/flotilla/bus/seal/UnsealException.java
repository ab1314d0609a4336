package io.flotilla.bus.seal;

import java.io.IOException;

/** A sealed value can't be opened: it is for another key or use, or was changed. The message is for the user. */
public final class UnsealException extends IOException {
    public UnsealException(String message) {
        super(message);
    }

    UnsealException(String message, Throwable cause) {
        super(message, cause);
    }
}
