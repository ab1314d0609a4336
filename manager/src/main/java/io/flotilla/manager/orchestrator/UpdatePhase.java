package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.UpdateStatus;

/** How far a service's update is, as its status says. */
public final class UpdatePhase {
    private UpdatePhase() {}

    /** Whether tasks are being replaced, forwards or back: one that is paused waits for its user. */
    public static boolean isUnderWay(Service service) {
        return is(service, UpdateStatus.State.UPDATING) || isRollingBack(service);
    }

    public static boolean isRollingBack(Service service) {
        return is(service, UpdateStatus.State.ROLLBACK_STARTED);
    }

    public static boolean isPaused(Service service) {
        return is(service, UpdateStatus.State.PAUSED) || is(service, UpdateStatus.State.ROLLBACK_PAUSED);
    }

    private static boolean is(Service service, UpdateStatus.State state) {
        return service.updateStatus() != null && service.updateStatus().state() == state;
    }
}
