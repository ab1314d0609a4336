package io.flotilla.agent.runtime.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The options of one mount, taken apart as mount(8) does.
 *
 * @param flags MS_* flags of mount(2) to set
 * @param propagations MS_SHARED and so on, each with or without MS_REC
 * @param recursiveBind rbind: with the mounts below the source
 * @param recursiveReadonly rro: those too are read-only
 * @param data what is left, for the file system itself
 */
record MountOptions(
        long flags, List<Long> propagations, boolean recursiveBind, boolean recursiveReadonly, String data) {
    // linux/mount.h
    static final long MS_RDONLY = 1;
    static final long MS_NOSUID = 2;
    static final long MS_NODEV = 4;
    static final long MS_NOEXEC = 8;
    static final long MS_REMOUNT = 32;
    static final long MS_BIND = 4096;
    static final long MS_REC = 16384;
    static final long MS_PRIVATE = 1 << 18;

    private static final long MS_NOATIME = 1024;
    private static final long MS_NODIRATIME = 2048;
    private static final long MS_UNBINDABLE = 1 << 17;
    private static final long MS_SLAVE = 1 << 19;
    private static final long MS_SHARED = 1 << 20;
    private static final long MS_RELATIME = 1 << 21;
    private static final long MS_STRICTATIME = 1 << 24;

    // MOUNT_ATTR_*, whose lowest four bits are those of MS_*
    private static final long ATTR_SAME_AS_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    private static final long ATTR_ATIME_MASK = 0x70;
    private static final long ATTR_NOATIME = 0x10;
    private static final long ATTR_STRICTATIME = 0x20;
    private static final long ATTR_NODIRATIME = 0x80;

    private static final Map<String, Long> SET = Map.ofEntries(
            Map.entry("ro", MS_RDONLY),
            Map.entry("rro", MS_RDONLY),
            Map.entry("nosuid", MS_NOSUID),
            Map.entry("nodev", MS_NODEV),
            Map.entry("noexec", MS_NOEXEC),
            Map.entry("sync", 16L),
            Map.entry("dirsync", 128L),
            Map.entry("noatime", MS_NOATIME),
            Map.entry("nodiratime", MS_NODIRATIME),
            Map.entry("relatime", MS_RELATIME),
            Map.entry("strictatime", MS_STRICTATIME));

    private static final Map<String, Long> CLEARED = Map.ofEntries(
            Map.entry("rw", MS_RDONLY),
            Map.entry("suid", MS_NOSUID),
            Map.entry("dev", MS_NODEV),
            Map.entry("exec", MS_NOEXEC),
            Map.entry("async", 16L),
            Map.entry("atime", MS_NOATIME),
            Map.entry("diratime", MS_NODIRATIME),
            Map.entry("norelatime", MS_RELATIME),
            Map.entry("nostrictatime", MS_STRICTATIME));

    private static final Map<String, Long> PROPAGATION = Map.of(
            "private",
            MS_PRIVATE,
            "rprivate",
            MS_PRIVATE | MS_REC,
            "slave",
            MS_SLAVE,
            "rslave",
            MS_SLAVE | MS_REC,
            "shared",
            MS_SHARED,
            "rshared",
            MS_SHARED | MS_REC,
            "unbindable",
            MS_UNBINDABLE,
            "runbindable",
            MS_UNBINDABLE | MS_REC);

    static MountOptions parse(List<String> options) {
        long flags = 0;
        boolean recursiveBind = false;
        boolean recursiveReadonly = false;
        var propagations = new ArrayList<Long>();
        var data = new ArrayList<String>();
        for (String option : options) {
            Long set = SET.get(option);
            Long cleared = CLEARED.get(option);
            Long propagation = PROPAGATION.get(option);
            recursiveBind |= option.equals("rbind");
            recursiveReadonly |= option.equals("rro");
            if (set != null) {
                flags |= set;
            } else if (cleared != null) {
                flags &= ~cleared;
            } else if (propagation != null) {
                propagations.add(propagation);
            } else if (!List.of("bind", "rbind", "defaults").contains(option)) {
                data.add(option);
            }
        }
        return new MountOptions(
                flags, List.copyOf(propagations), recursiveBind, recursiveReadonly, String.join(",", data));
    }

    /** MOUNT_ATTR_* to set on a mount of its own; the file system's own flags can't be set on a bind. */
    long attributesToSet() {
        return (flags & ATTR_SAME_AS_FLAGS)
                | ((flags & MS_NOATIME) != 0 ? ATTR_NOATIME : 0)
                | ((flags & MS_STRICTATIME) != 0 ? ATTR_STRICTATIME : 0)
                | ((flags & MS_NODIRATIME) != 0 ? ATTR_NODIRATIME : 0);
    }

    /** MOUNT_ATTR_* to clear first: the access time ones are one field. */
    long attributesToClear() {
        return (flags & (MS_NOATIME | MS_STRICTATIME | MS_RELATIME)) != 0 ? ATTR_ATIME_MASK : 0;
    }
}
