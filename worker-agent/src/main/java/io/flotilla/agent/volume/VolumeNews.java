package io.flotilla.agent.volume;

import io.flotilla.bus.schema.Volume;
import java.util.Map;

/** Told of what happens to volumes; answers at once. */
public interface VolumeNews {
    void made(Volume volume);

    void gone(String name);

    /** @param action create, mount, unmount or destroy, with Docker's attributes */
    void event(String action, String name, Map<String, String> attributes);
}
