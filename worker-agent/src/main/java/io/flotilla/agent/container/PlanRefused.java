package io.flotilla.agent.container;

/** The specification can't be run as it is; the message is what {@code docker service ps} shows. */
public final class PlanRefused extends Exception {
    private static final long serialVersionUID = 1L;

    public PlanRefused(String message) {
        super(message);
    }
}
