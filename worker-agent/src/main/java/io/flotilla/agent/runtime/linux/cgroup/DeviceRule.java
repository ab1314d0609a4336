package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One kind of device a container may use; everything else is denied.
 *
 * @param type c, b, or a for both
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

    private static final Pattern FORMAT = Pattern.compile("([acb]) (\\d{1,9}|\\*):(\\d{1,9}|\\*) ([rwm]{1,3})");

    /** @param more in Docker's format, see {@link #parse} */
    static List<DeviceRule> rulesFor(List<Device> devices, List<String> more) {
        var rules = new ArrayList<>(DEFAULT);
        for (Device device : devices) {
            if (!device.type().equals("p")) {
                rules.add(new DeviceRule(device.type().charAt(0), device.major(), device.minor(), device.access()));
            }
        }
        more.forEach(rule -> rules.addAll(parse(rule)));
        return rules.stream().distinct().toList();
    }

    /**
     * Such as {@code c 1:3 rwm} or {@code a *:* rwm}.
     *
     * @throws IllegalArgumentException in Docker's words
     */
    static List<DeviceRule> parse(String rule) {
        Matcher parts = FORMAT.matcher(rule);
        if (!parts.matches()) {
            throw new IllegalArgumentException("invalid device cgroup rule format: '" + rule + "'");
        }
        Integer major = number(parts.group(2));
        Integer minor = number(parts.group(3));
        String access = parts.group(4);
        char type = parts.group(1).charAt(0);
        // version 1 takes an "a" with numbers for one without
        return type == 'a' && (major != null || minor != null || access.length() < 3)
                ? List.of(new DeviceRule('c', major, minor, access), new DeviceRule('b', major, minor, access))
                : List.of(new DeviceRule(type, major, minor, access));
    }

    private static @Nullable Integer number(String text) {
        return text.equals("*") ? null : Integer.valueOf(text);
    }

    static List<String> linesFor(List<Device> devices, List<String> more) {
        return rulesFor(devices, more).stream().map(DeviceRule::line).toList();
    }

    /** As devices.allow of version 1 reads it. */
    String line() {
        return type + " " + (major == null ? "*" : major) + ":" + (minor == null ? "*" : minor) + " " + access;
    }
}
