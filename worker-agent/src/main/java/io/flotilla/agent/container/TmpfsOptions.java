package io.flotilla.agent.container;

import io.flotilla.bus.schema.Mount;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Options of tmpfs(5) a container may ask for, over those Docker gives: moby's MergeTmpfsOptions. */
final class TmpfsOptions {
    private static final Set<String> VALUED = Set.of("mode", "uid", "gid", "size", "nr_inodes", "nr_blocks", "mpol");
    /** Flags and what each takes the place of. */
    private static final Map<String, String> FLAGS = Map.ofEntries(
            Map.entry("ro", "rw"),
            Map.entry("rw", "rw"),
            Map.entry("exec", "exec"),
            Map.entry("noexec", "exec"),
            Map.entry("suid", "suid"),
            Map.entry("nosuid", "suid"),
            Map.entry("dev", "dev"),
            Map.entry("nodev", "dev"),
            Map.entry("async", "sync"),
            Map.entry("sync", "sync"),
            Map.entry("dirsync", "dirsync"),
            Map.entry("atime", "atime"),
            Map.entry("noatime", "atime"),
            Map.entry("diratime", "diratime"),
            Map.entry("nodiratime", "diratime"),
            Map.entry("relatime", "relatime"),
            Map.entry("norelatime", "relatime"),
            Map.entry("strictatime", "strictatime"),
            Map.entry("nostrictatime", "strictatime"));

    private TmpfsOptions() {}

    /** @param wanted separated by commas, as in HostConfig.Tmpfs */
    static List<String> merged(String wanted) throws PlanRefused {
        List<String> options = new ArrayList<>();
        for (String option : wanted == null || wanted.isEmpty() ? new String[0] : wanted.split(",")) {
            options.add(option);
        }
        return merged(options);
    }

    private static List<String> merged(List<String> wanted) throws PlanRefused {
        Map<String, String> options = new LinkedHashMap<>();
        for (String option : List.of("noexec", "nosuid", "nodev")) {
            options.put(FLAGS.getOrDefault(option, option), option);
        }
        for (String option : wanted) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            if (equals < 0 ? !FLAGS.containsKey(name) : !VALUED.contains(name)) {
                // moby prints the parts it has split the option into
                throw new PlanRefused("invalid tmpfs option "
                        + Arrays.stream(option.split("=", 2))
                                .map(part -> "\"" + part + "\"")
                                .collect(Collectors.joining(" ", "[", "]")));
            }
            options.put(equals < 0 ? FLAGS.getOrDefault(name, name) : name, option);
        }
        return List.copyOf(options.values());
    }

    /** Of a mount in its long form. */
    static List<String> of(Mount mount) throws PlanRefused {
        List<String> wanted = new ArrayList<>();
        if (Boolean.TRUE.equals(mount.readOnly())) {
            wanted.add("ro");
        }
        Mount.TmpfsOptions options = mount.tmpfsOptions();
        if (options != null) {
            if (options.mode() != null && options.mode() != 0) {
                wanted.add("mode=" + Long.toOctalString(options.mode()));
            }
            if (options.sizeBytes() != null && options.sizeBytes() != 0) {
                if (options.sizeBytes() < 0) {
                    throw new PlanRefused("invalid mount config for type \"tmpfs\": size must not be negative");
                }
                wanted.add("size=" + options.sizeBytes());
            }
            for (List<String> option : options.options()) {
                if (option.isEmpty() || option.size() > 2) {
                    throw new PlanRefused("invalid mount config for type \"tmpfs\": invalid option array length");
                }
                wanted.add(String.join("=", option));
            }
        }
        return merged(wanted);
    }
}
