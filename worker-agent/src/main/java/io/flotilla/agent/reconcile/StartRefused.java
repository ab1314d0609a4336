package io.flotilla.agent.reconcile;

import java.io.IOException;

/** What was asked for can't be done on this node; the message is dockerd's. */
public final class StartRefused extends IOException {
    private static final long serialVersionUID = 1L;

    StartRefused(String message, Throwable cause) {
        super(message, cause);
    }
}
