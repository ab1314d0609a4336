package io.flotilla.agent.runtime.linux;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Names and numbers of capabilities(7). */
final class Capabilities {
    /** In the order of linux/capability.h: the index is the number. */
    private static final List<String> NAMES = List.of(
            "CHOWN",
            "DAC_OVERRIDE",
            "DAC_READ_SEARCH",
            "FOWNER",
            "FSETID",
            "KILL",
            "SETGID",
            "SETUID",
            "SETPCAP",
            "LINUX_IMMUTABLE",
            "NET_BIND_SERVICE",
            "NET_BROADCAST",
            "NET_ADMIN",
            "NET_RAW",
            "IPC_LOCK",
            "IPC_OWNER",
            "SYS_MODULE",
            "SYS_RAWIO",
            "SYS_CHROOT",
            "SYS_PTRACE",
            "SYS_PACCT",
            "SYS_ADMIN",
            "SYS_BOOT",
            "SYS_NICE",
            "SYS_RESOURCE",
            "SYS_TIME",
            "SYS_TTY_CONFIG",
            "MKNOD",
            "LEASE",
            "AUDIT_WRITE",
            "AUDIT_CONTROL",
            "SETFCAP",
            "MAC_OVERRIDE",
            "MAC_ADMIN",
            "SYSLOG",
            "WAKE_ALARM",
            "BLOCK_SUSPEND",
            "AUDIT_READ",
            "PERFMON",
            "BPF",
            "CHECKPOINT_RESTORE");

    private Capabilities() {}

    static List<String> namesUpTo(int last) {
        return NAMES.stream().limit(last + 1L).map(name -> "CAP_" + name).toList();
    }

    /**
     * Numbers of the capabilities with these names.
     *
     * @throws IllegalArgumentException for a name no kernel has
     */
    static Set<Integer> numbers(List<String> names) {
        var numbers = new TreeSet<Integer>();
        for (String name : names) {
            int number = name.startsWith("CAP_") ? NAMES.indexOf(name.substring("CAP_".length())) : -1;
            if (number < 0) {
                throw new IllegalArgumentException("invalid capability: \"" + name + "\"");
            }
            numbers.add(number);
        }
        return numbers;
    }
}
