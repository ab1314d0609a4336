package io.flotilla.agent.runtime.linux.cgroup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Denies a version 2 group all devices but some; version 2 has no file for it. */
interface DeviceGate {
    /** From now on, and for as long as the group exists. */
    void allowOnly(Path group, List<DeviceRule> rules) throws IOException;
}
