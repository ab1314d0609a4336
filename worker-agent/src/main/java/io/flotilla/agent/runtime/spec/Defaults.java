package io.flotilla.agent.runtime.spec;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.util.List;
import java.util.stream.Stream;

/** What Docker gives every container that asks for nothing else. */
public final class Defaults {
    public static final long SHM_SIZE_BYTES = 64L << 20;

    private Defaults() {}

    /** The PATH of an image that sets none. */
    public static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static List<String> capabilities() {
        return List.of(
                "CAP_CHOWN",
                "CAP_DAC_OVERRIDE",
                "CAP_FSETID",
                "CAP_FOWNER",
                "CAP_MKNOD",
                "CAP_NET_RAW",
                "CAP_SETGID",
                "CAP_SETUID",
                "CAP_SETFCAP",
                "CAP_SETPCAP",
                "CAP_NET_BIND_SERVICE",
                "CAP_SYS_CHROOT",
                "CAP_KILL",
                "CAP_AUDIT_WRITE");
    }

    public static List<String> maskedPaths() {
        return List.of(
                "/proc/acpi",
                "/proc/asound",
                "/proc/interrupts",
                "/proc/kcore",
                "/proc/keys",
                "/proc/latency_stats",
                "/proc/sched_debug",
                "/proc/scsi",
                "/proc/timer_list",
                "/proc/timer_stats",
                "/sys/devices/virtual/powercap",
                "/sys/firmware");
    }

    public static List<String> readonlyPaths() {
        return List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
    }

    /** The file systems of the kernel, in order; binds of the container's own files come after. */
    public static List<Mount> mounts() {
        return mounts(SHM_SIZE_BYTES);
    }

    /** As {@link #mounts()}, with another size of /dev/shm. */
    public static List<Mount> mounts(long shmSizeBytes) {
        return List.of(
                new Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
                new Mount("/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
                new Mount(
                        "/dev/pts",
                        "devpts",
                        "devpts",
                        List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
                new Mount("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")),
                new Mount("/sys/fs/cgroup", "cgroup", "cgroup", List.of("ro", "nosuid", "noexec", "nodev")),
                new Mount("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
                new Mount(
                        "/dev/shm",
                        "tmpfs",
                        "shm",
                        List.of("nosuid", "noexec", "nodev", "mode=1777", "size=" + shmSizeBytes)));
    }

    public static List<Device> devices() {
        return List.of(
                character("/dev/null", 1, 3),
                character("/dev/zero", 1, 5),
                character("/dev/full", 1, 7),
                character("/dev/random", 1, 8),
                character("/dev/urandom", 1, 9),
                character("/dev/tty", 5, 0));
    }

    private static Device character(String path, int major, int minor) {
        return new Device(path, "c", major, minor, 0666, 0, 0, "rwm");
    }

    /** New namespaces of every type but user; replace NETWORK's to join an existing one. */
    public static List<Namespace> namespaces() {
        return Stream.of(
                        NamespaceType.PID,
                        NamespaceType.NETWORK,
                        NamespaceType.MOUNT,
                        NamespaceType.IPC,
                        NamespaceType.UTS,
                        NamespaceType.CGROUP)
                .map(type -> new Namespace(type, null))
                .toList();
    }
}
