package io.flotilla.agent.network.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kernel parameters below {@code net}, which are those of the calling thread's network namespace. */
final class Sysctl {
    private static final Path NET = Path.of("/proc/sys/net");

    private Sysctl() {}

    /**
     * Sets a parameter that is not as wanted.
     *
     * @param name with slashes, such as {@code ipv4/ip_forward}: link names may have dots
     * @return whether it had to be set
     */
    static boolean set(String name, String value) throws IOException {
        Path file = NET.resolve(name);
        // several values are printed with tabs between them
        if (Files.readString(file).strip().replace('\t', ' ').equals(value)) {
            return false;
        }
        Files.writeString(file, value);
        return true;
    }

    /** Sets a parameter a kernel may have been built without. */
    static void setIfThere(String name, String value) throws IOException {
        if (Files.exists(NET.resolve(name))) {
            set(name, value);
        }
    }
}
