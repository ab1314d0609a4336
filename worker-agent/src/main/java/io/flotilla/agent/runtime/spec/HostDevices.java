package io.flotilla.agent.runtime.spec;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Device nodes of this host, for containers that are given some. */
public final class HostDevices {
    private static final int S_IFMT = 0170000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int PERMISSIONS = 07777;

    /** Not a host's devices but a container's own, or sockets and mounts that happen to be in /dev (runc leaves them out too). */
    private static final Set<String> NOT_DEVICES = Set.of("pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev");

    private static final Set<String> OWN_DEVICES = Set.of("console", "ptmx");

    private static final int MAX_DEPTH = 8;

    private HostDevices() {}

    /** The number of a device. */
    public record DeviceNumber(int major, int minor) {}

    /**
     * What {@code --device host:container:access} gives: the device itself, or all devices below a folder.
     *
     * @throws IOException when there is none; the message is Docker's
     */
    public static List<Device> mapped(Path host, String container, String access) throws IOException {
        if (Files.isDirectory(host)) {
            List<Device> devices = below(host, container, access);
            if (devices.isEmpty()) {
                throw notADevice(host);
            }
            return devices;
        }
        return List.of(device(host, container, access));
    }

    /** All devices in /dev. */
    public static List<Device> all() throws IOException {
        return below(Path.of("/dev"), "/dev", "rwm");
    }

    /** Number of the device at the path. */
    public static DeviceNumber number(Path path) throws IOException {
        Device device = device(path, path.toString(), "");
        return new DeviceNumber(device.major(), device.minor());
    }

    private static List<Device> below(Path folder, String container, String access) throws IOException {
        List<Device> devices = new ArrayList<>();
        for (Path path : devicePaths(folder)) {
            devices.add(device(path, container + "/" + folder.relativize(path), access));
        }
        return devices;
    }

    private static Set<Path> devicePaths(Path folder) throws IOException {
        Set<Path> found = new TreeSet<>();
        collect(folder, MAX_DEPTH, found);
        return found;
    }

    private static void collect(Path folder, int depth, Set<Path> found) throws IOException {
        List<Path> entries;
        try (Stream<Path> listed = Files.list(folder)) {
            entries = listed.toList();
        }
        for (Path entry : entries) {
            boolean link = Files.isSymbolicLink(entry);
            if (!link && Files.isDirectory(entry)) {
                if (depth > 0 && !NOT_DEVICES.contains(entry.getFileName().toString())) {
                    collect(entry, depth - 1, found);
                }
            } else if (!link
                    && isDevice(entry)
                    && !OWN_DEVICES.contains(entry.getFileName().toString())) {
                found.add(entry);
            }
        }
    }

    private static boolean isDevice(Path path) throws IOException {
        int type = (int) attribute(path, "mode") & S_IFMT;
        return type == S_IFCHR || type == S_IFBLK;
    }

    private static Device device(Path path, String container, String access) throws IOException {
        if (!Files.exists(path)) {
            throw new IOException("error gathering device information while adding custom device \"" + path
                    + "\": no such file or directory");
        }
        int mode = (int) attribute(path, "mode");
        int type = mode & S_IFMT;
        if (type != S_IFCHR && type != S_IFBLK) {
            throw notADevice(path);
        }
        long rdev = attribute(path, "rdev");
        // glibc's encoding of a device number, gnu_dev_major(3)
        int major = (int) ((rdev >>> 8 & 0xfff) | (rdev >>> 32 & ~0xfffL));
        int minor = (int) ((rdev & 0xff) | (rdev >>> 12 & ~0xffL));
        return new Device(
                container,
                type == S_IFCHR ? "c" : "b",
                major,
                minor,
                mode & PERMISSIONS,
                (int) attribute(path, "uid"),
                (int) attribute(path, "gid"),
                access);
    }

    /** Of stat(2), as the JDK names it. */
    private static long attribute(Path path, String name) throws IOException {
        return Files.getAttribute(path, "unix:" + name) instanceof Number number ? number.longValue() : 0;
    }

    private static IOException notADevice(Path path) {
        return new IOException(
                "error gathering device information while adding custom device \"" + path + "\": not a device node");
    }
}
