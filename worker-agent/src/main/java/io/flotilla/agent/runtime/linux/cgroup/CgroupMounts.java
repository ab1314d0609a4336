package io.flotilla.agent.runtime.linux.cgroup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The cgroup hierarchies in a process's mountinfo (proc_pid_mountinfo(5)).
 *
 * @param v1 hierarchies with at least one controller; named ones such as systemd's limit nothing and are left alone
 * @param named where those are
 * @param v2 where the unified hierarchy is, if anywhere
 */
record CgroupMounts(
        List<Hierarchy> v1, List<Path> named, @Nullable Path v2) {
    /** Mount options of a cgroup v1 that are not controllers. */
    private static final Set<String> OTHER_OPTIONS = Set.of("rw", "ro", "noprefix", "clone_children", "xattr");

    record Hierarchy(Set<String> controllers, Path root) {
        boolean has(String controller) {
            return controllers.contains(controller);
        }
    }

    static CgroupMounts read(List<String> mountinfo) {
        var v1 = new ArrayList<Hierarchy>();
        var named = new ArrayList<Path>();
        Path v2 = null;
        for (String line : mountinfo) {
            // 36 35 98:0 /root /mount/point options... - type source superOptions
            String[] halves = line.split(" - ", 2);
            String[] left = halves[0].split(" ");
            if (halves.length < 2 || left.length < 5 || !left[3].equals("/")) {
                continue;
            }
            String[] right = halves[1].split(" ");
            Path mountPoint = Path.of(left[4]);
            if (right[0].equals("cgroup2") && v2 == null) {
                v2 = mountPoint;
            } else if (right[0].equals("cgroup") && right.length > 2) {
                Set<String> controllers = Stream.of(right[2].split(","))
                        .filter(option -> !OTHER_OPTIONS.contains(option) && !option.contains("="))
                        .collect(Collectors.toUnmodifiableSet());
                boolean again = v1.stream().anyMatch(seen -> seen.controllers().equals(controllers));
                if (controllers.isEmpty()) {
                    named.add(mountPoint);
                } else if (!again) {
                    v1.add(new Hierarchy(controllers, mountPoint));
                }
            }
        }
        return new CgroupMounts(List.copyOf(v1), List.copyOf(named), v2);
    }

    Cgroups cgroups() throws IOException {
        if (!v1.isEmpty()) {
            var others = new ArrayList<>(named);
            if (v2 != null) {
                others.add(v2);
            }
            return new CgroupsV1(v1, others);
        }
        if (v2 == null) {
            throw new IOException("no cgroup hierarchy is mounted; mount one at /sys/fs/cgroup");
        }
        return new CgroupsV2(v2, new BpfDeviceGate());
    }
}
