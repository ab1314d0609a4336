package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One kind of device a container may use; everything else is denied.
 *
 * @param type c or b
 * @param major null: all
 * @param minor null: all
 * @param access of r, w and m (mknod)
 */
record DeviceRule(
        char type, @Nullable Integer major, @Nullable Integer minor, String access) {
    /** Docker's: make any node, open only the harmless ones. */
    private static final List<DeviceRule> DEFAULT = List.of(
            new DeviceRule('c', null, null, "m"),
            new DeviceRule('b', null, null, "m"),
            new DeviceRule('c', 1, 3, "rwm"), // null
            new DeviceRule('c', 1, 5, "rwm"), // zero
            new DeviceRule('c', 1, 7, "rwm"), // full
            new DeviceRule('c', 1, 8, "rwm"), // random
            new DeviceRule('c', 1, 9, "rwm"), // urandom
            new DeviceRule('c', 5, 0, "rwm"), // tty
            new DeviceRule('c', 5, 1, "rwm"), // console
            new DeviceRule('c', 5, 2, "rwm"), // ptmx
            new DeviceRule('c', 136, null, "rwm")); // pseudo terminals

    static List<DeviceRule> rulesFor(List<Device> devices) {
        var rules = new ArrayList<>(DEFAULT);
        for (Device device : devices) {
            if (!device.type().equals("p")) {
                rules.add(new DeviceRule(device.type().charAt(0), device.major(), device.minor(), device.access()));
            }
        }
        return rules.stream().distinct().toList();
    }

    static List<String> linesFor(List<Device> devices) {
        return rulesFor(devices).stream().map(DeviceRule::line).toList();
    }

    /** As devices.allow of version 1 reads it. */
    String line() {
        return type + " " + (major == null ? "*" : major) + ":" + (minor == null ? "*" : minor) + " " + access;
    }
}
