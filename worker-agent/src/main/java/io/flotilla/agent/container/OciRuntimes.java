package io.flotilla.agent.container;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The OCI runtimes a container may name in place of our own. */
public final class OciRuntimes {
    private static final List<String> KNOWN = List.of("crun", "runc");
    private static final List<String> FOLDERS =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

    private OciRuntimes() {}

    /** Those that are installed, by name. */
    public static Map<String, Path> installed() {
        Map<String, Path> installed = new TreeMap<>();
        KNOWN.forEach(name -> find(name).ifPresent(program -> installed.put(name, program)));
        return installed;
    }

    private static Optional<Path> find(String name) {
        return FOLDERS.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The program; null for our own. @throws PlanRefused for what is not installed, in dockerd's words */
    static @Nullable Path program(@Nullable String name) throws PlanRefused {
        if (name == null || name.isEmpty() || name.equals(HostConfigRules.OWN_RUNTIME)) {
            return null;
        }
        PlanRefused unknown = new PlanRefused("unknown or invalid runtime name: " + name);
        if (!KNOWN.contains(name)) {
            throw unknown;
        }
        return find(name).orElseThrow(() -> unknown);
    }
}
