package io.flotilla.agent.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which processors and memory nodes a container may ask for: lists as in cpuset(7), of what the host has. */
final class CpusetRules {
    private static final Pattern LIST = Pattern.compile("[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*");

    private CpusetRules() {}

    /** A kind of thing there are sets of, with moby's words and where the kernel lists those there are. */
    enum Kind {
        CPUS("cpus", "CPUs", Path.of("/sys/devices/system/cpu/online")),
        MEMS("mems", "memory nodes", Path.of("/sys/devices/system/node/online"));

        private final String name;
        private final String words;
        private final Path online;

        Kind(String name, String words, Path online) {
            this.name = name;
            this.words = words;
            this.online = online;
        }
    }

    /** @param set null or empty when the container may use all */
    static void check(Kind kind, @Nullable String set) throws PlanRefused {
        if (set != null && !set.isEmpty()) {
            check(kind, set, available(kind));
        }
    }

    static void check(Kind kind, String set, String available) throws PlanRefused {
        if (!LIST.matcher(set).matches()) {
            throw new PlanRefused("Invalid value " + set + " for cpuset " + kind.name);
        }
        BitSet missing = members(set);
        missing.andNot(members(available));
        if (!missing.isEmpty()) {
            throw new PlanRefused(
                    "Requested " + kind.words + " are not available - requested " + set + ", available: " + available);
        }
    }

    /** A kernel without memory nodes has them all in one. */
    private static String available(Kind kind) throws PlanRefused {
        try {
            return Files.exists(kind.online) ? Files.readString(kind.online).trim() : "0";
        } catch (IOException e) {
            throw new PlanRefused("the host's " + kind.words + " can't be listed: " + e.getMessage());
        }
    }

    private static BitSet members(String list) {
        BitSet members = new BitSet();
        for (String range : list.split(",")) {
            String[] ends = range.split("-");
            int first = Integer.parseInt(ends[0]);
            int last = Integer.parseInt(ends[ends.length - 1]);
            if (first <= last) {
                members.set(first, last + 1);
            }
        }
        return members;
    }
}
