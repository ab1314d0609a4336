package io.flotilla.agent.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where volumes are. Each volume has a folder of this node, at which what the driver has of it shows while it is mounted.
 * Calls about one volume come one at a time.
 */
interface VolumeDriver {
    String name();

    /** local, or global for volumes every node sees. */
    String scope() throws IOException;

    void create(String volume, Map<String, String> options) throws IOException, VolumeRefused;

    /** @throws IOException when it is still there */
    void remove(String volume) throws IOException;

    /** Whether the content shows only between {@link #mount} and {@link #unmount}. */
    boolean isMounted(Map<String, String> options);

    void mount(String volume, Map<String, String> options, Path at) throws IOException;

    /** Also of what another agent of this node has mounted. */
    void unmount(String volume, Path at) throws IOException;
}
