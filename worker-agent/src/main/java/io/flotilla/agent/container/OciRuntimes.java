package io.flotilla.agent.container;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The OCI runtimes a container may name in place of our own. */
final class OciRuntimes {
    private static final List<String> KNOWN = List.of("crun", "runc");
    private static final List<String> FOLDERS =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

    private OciRuntimes() {}

    /** The program; null for our own. @throws PlanRefused for what is not installed, in dockerd's words */
    static @Nullable Path program(@Nullable String name) throws PlanRefused {
        if (name == null || name.isEmpty() || name.equals(HostConfigRules.OWN_RUNTIME)) {
            return null;
        }
        if (KNOWN.contains(name)) {
            for (String folder : FOLDERS) {
                Path program = Path.of(folder, name);
                if (Files.isExecutable(program)) {
                    return program;
                }
            }
        }
        throw new PlanRefused("unknown or invalid runtime name: " + name);
    }
}
