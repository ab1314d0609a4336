package io.flotilla.bus.topic;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The bus could not do what was asked: operation, topic and cause are in the message. */
public class BusException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean retryable;

    public BusException(String message, boolean retryable, @Nullable Throwable cause) {
        super(message, cause);
        this.retryable = retryable;
    }

    public boolean retryable() {
        return retryable;
    }

    /** Another publisher with the same id has taken over. */
    public static final class Fenced extends BusException {
        private static final long serialVersionUID = 1L;

        public Fenced(String message, @Nullable Throwable cause) {
            super(message, false, cause);
        }
    }
}
