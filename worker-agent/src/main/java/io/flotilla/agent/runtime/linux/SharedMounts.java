package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether the host's mounts can do what a bind's propagation asks of them (mount_namespaces(7)). */
final class SharedMounts {
    private static final int OTHER_FAILURE = 128;
    private static final int MOUNT_POINT = 4;
    private static final int FIRST_OPTIONAL = 6;

    private SharedMounts() {}

    /** @throws RuntimeFailure in Docker's words: the kernel would say nothing, and propagate nothing */
    static void check(List<Mount> mounts) throws IOException {
        for (Mount mount : mounts) {
            boolean shared =
                    mount.options().contains("shared") || mount.options().contains("rshared");
            boolean slave = mount.options().contains("slave") || mount.options().contains("rslave");
            if (mount.type().equals("bind") && (shared || slave)) {
                check(mount.source(), shared, Files.readAllLines(Path.of("/proc/self/mountinfo")));
            }
        }
    }

    static void check(String source, boolean shared, List<String> mountinfo) throws RuntimeFailure {
        Optional<String[]> found = mountinfo.stream()
                .map(line -> line.split(" "))
                .filter(fields ->
                        fields.length > FIRST_OPTIONAL && Path.of(source).startsWith(unescaped(fields[MOUNT_POINT])))
                // of several on one point the last is on top
                .reduce((before, after) -> Comparator.<String[]>comparingInt(fields -> fields[MOUNT_POINT].length())
                                        .compare(before, after)
                                > 0
                        ? before
                        : after);
        boolean possible = found.isPresent()
                && Stream.of(found.get())
                        .skip(FIRST_OPTIONAL)
                        .takeWhile(field -> !field.equals("-"))
                        .anyMatch(field -> field.startsWith("shared:") || !shared && field.startsWith("master:"));
        if (!possible) {
            throw new RuntimeFailure(
                    "path " + source + " is mounted on "
                            + found.map(fields -> unescaped(fields[MOUNT_POINT]))
                                    .orElse("/") + " but it is not a " + (shared ? "shared" : "shared or slave")
                            + " mount",
                    OTHER_FAILURE,
                    false,
                    null);
        }
    }

    /** proc_pid_mountinfo(5) writes space, tab, newline and backslash in octal. */
    private static String unescaped(String path) {
        return path.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}
