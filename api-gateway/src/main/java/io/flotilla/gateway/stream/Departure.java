package io.flotilla.gateway.stream;

import java.util.ArrayList;
import java.util.List;

/** That the other side has left, and what is to be done then: each action once. For any thread. */
final class Departure {
    private final List<Runnable> actions = new ArrayList<>();
    private boolean happened;

    void then(Runnable action) {
        synchronized (this) {
            if (!happened) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }

    /** False when it was known already. */
    boolean happen() {
        List<Runnable> due;
        synchronized (this) {
            if (happened) {
                return false;
            }
            happened = true;
            due = List.copyOf(actions);
            actions.clear();
        }
        due.forEach(Runnable::run);
        return true;
    }

    synchronized boolean hasHappened() {
        return happened;
    }
}
