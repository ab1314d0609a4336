package io.flotilla.agent.csi;

import java.io.IOException;

/** Why something is not done with a volume, for users; it is tried again. */
final class VolumeFailure extends IOException {
    private static final long serialVersionUID = 1L;

    VolumeFailure(String message) {
        super(message);
    }
}
