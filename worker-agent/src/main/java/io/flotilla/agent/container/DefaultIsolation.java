package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What every container has unless it says otherwise: moby's oci/defaults.go and oci/caps. */
final class DefaultIsolation {
    static final long SHM_BYTES = 64L << 20;

    static final List<String> MASKED_PATHS = List.of(
            "/proc/asound",
            "/proc/acpi",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");

    static final List<String> READONLY_PATHS =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private static final List<String> CAPABILITIES = List.of(
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

    /** capabilities(7), by number. */
    private static final List<String> ALL_CAPABILITIES = List.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_KILL",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SETPCAP",
            "CAP_LINUX_IMMUTABLE",
            "CAP_NET_BIND_SERVICE",
            "CAP_NET_BROADCAST",
            "CAP_NET_ADMIN",
            "CAP_NET_RAW",
            "CAP_IPC_LOCK",
            "CAP_IPC_OWNER",
            "CAP_SYS_MODULE",
            "CAP_SYS_RAWIO",
            "CAP_SYS_CHROOT",
            "CAP_SYS_PTRACE",
            "CAP_SYS_PACCT",
            "CAP_SYS_ADMIN",
            "CAP_SYS_BOOT",
            "CAP_SYS_NICE",
            "CAP_SYS_RESOURCE",
            "CAP_SYS_TIME",
            "CAP_SYS_TTY_CONFIG",
            "CAP_MKNOD",
            "CAP_LEASE",
            "CAP_AUDIT_WRITE",
            "CAP_AUDIT_CONTROL",
            "CAP_SETFCAP",
            "CAP_MAC_OVERRIDE",
            "CAP_MAC_ADMIN",
            "CAP_SYSLOG",
            "CAP_WAKE_ALARM",
            "CAP_BLOCK_SUSPEND",
            "CAP_AUDIT_READ",
            "CAP_PERFMON",
            "CAP_BPF",
            "CAP_CHECKPOINT_RESTORE");

    private static final int MEMORY_DEVICES = 1;
    private static final int TTY_DEVICES = 5;

    /** The devices the OCI runtime specification gives every Linux container. */
    static final List<Device> DEVICES = List.of(
            device("null", MEMORY_DEVICES, 3),
            device("zero", MEMORY_DEVICES, 5),
            device("full", MEMORY_DEVICES, 7),
            device("random", MEMORY_DEVICES, 8),
            device("urandom", MEMORY_DEVICES, 9),
            device("tty", TTY_DEVICES, 0));

    private DefaultIsolation() {}

    private static Device device(String name, int major, int minor) {
        return new Device("/dev/" + name, "c", major, minor, 0666, 0, 0);
    }

    /** The default set plus and minus; ALL stands for every one. Dropping ALL leaves what is added. */
    static List<String> capabilities(List<String> add, List<String> drop) throws PlanRefused {
        List<String> added = normalized(add);
        List<String> dropped = normalized(drop);
        List<String> start = dropped.contains("ALL") ? List.of() : CAPABILITIES;
        if (added.contains("ALL")) {
            start = ALL_CAPABILITIES;
        }
        List<String> capabilities = new ArrayList<>();
        for (String name : start) {
            if (!dropped.contains(name)) {
                capabilities.add(name);
            }
        }
        for (String name : added) {
            if (!name.equals("ALL") && !capabilities.contains(name)) {
                capabilities.add(name);
            }
        }
        return List.copyOf(capabilities);
    }

    private static List<String> normalized(List<String> names) throws PlanRefused {
        List<String> normalized = new ArrayList<>();
        for (String name : names) {
            String upper = name.toUpperCase(Locale.ROOT);
            if (!upper.equals("ALL") && !upper.startsWith("CAP_")) {
                upper = "CAP_" + upper;
            }
            if (!upper.equals("ALL") && !ALL_CAPABILITIES.contains(upper)) {
                throw new PlanRefused("invalid capability: \"" + name + "\"");
            }
            normalized.add(upper);
        }
        return normalized;
    }

    /** The kernel's file systems every container has, in the order they are mounted. */
    static List<Mount> mounts() {
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
                        List.of("nosuid", "noexec", "nodev", "mode=1777", "size=" + SHM_BYTES)));
    }
}
