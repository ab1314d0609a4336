package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.Defaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Which capabilities a container has after those a service adds and drops: moby's oci/caps. */
final class CapabilityRules {
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

    private CapabilityRules() {}

    /** The default set plus and minus; ALL stands for every one. Dropping ALL leaves what is added. */
    static List<String> capabilities(List<String> add, List<String> drop) throws PlanRefused {
        List<String> added = normalized("CapAdd", add);
        List<String> dropped = normalized("CapDrop", drop);
        List<String> start = dropped.contains("ALL") ? List.of() : Defaults.capabilities();
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

    /** @param field which list it is */
    private static List<String> normalized(String field, List<String> names) throws PlanRefused {
        List<String> normalized = new ArrayList<>();
        for (String name : names) {
            String upper = name.toUpperCase(Locale.ROOT);
            if (!upper.equals("ALL") && !upper.startsWith("CAP_")) {
                upper = "CAP_" + upper;
            }
            if (!upper.equals("ALL") && !ALL_CAPABILITIES.contains(upper)) {
                throw new PlanRefused("invalid " + field + ": unknown capability: \"" + upper + "\"");
            }
            normalized.add(upper);
        }
        return normalized;
    }
}
