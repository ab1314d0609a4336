package io.flotilla.agent.image.transfer;

import io.flotilla.agent.image.layer.UnpackLimits;
import java.util.concurrent.atomic.AtomicLong;

/** What the layers of one pull may still take together. */
final class UnpackBudget {
    private final UnpackLimits limits;
    private final AtomicLong usedBytes = new AtomicLong();

    UnpackBudget(UnpackLimits limits) {
        this.limits = limits;
    }

    UnpackLimits left() {
        return limits.without(usedBytes.get());
    }

    void took(long bytes) {
        usedBytes.addAndGet(bytes);
    }
}
