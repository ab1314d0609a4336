package io.flotilla.agent.runtime.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the runtime has to know of this host once.
 *
 * @param lastCapability number of the highest capability this kernel has
 * @param permitted the agent's own capability sets, as bits
 * @param overlayIndex overlayfs knows the option index, which may be on by default and forbids a second use of an upper
 *     folder while the first mount is still going away
 * @param memoryBytes of the host
 */
record HostKernel(int lastCapability, long permitted, long effective, boolean overlayIndex, long memoryBytes) {
    /** Names of all capabilities this kernel has and the agent may give. */
    List<String> capabilities() {
        return Capabilities.namesUpTo(lastCapability).stream()
                .filter(name -> (permitted
                                        >>> Capabilities.numbers(List.of(name))
                                                .iterator()
                                                .next()
                                & 1)
                        != 0)
                .toList();
    }

    static HostKernel read() throws IOException {
        List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
        return new HostKernel(
                Integer.parseInt(sysctl(Path.of("/proc/sys/kernel/cap_last_cap"))),
                Long.parseUnsignedLong(field(status, "CapPrm:"), 16),
                Long.parseUnsignedLong(field(status, "CapEff:"), 16),
                Files.exists(Path.of("/sys/module/overlay/parameters/index")),
                1024
                        * Long.parseLong(field(Files.readAllLines(Path.of("/proc/meminfo")), "MemTotal:")
                                .split(" ")[0]));
    }

    /** The kernel answers a number's first read only: one that starts with a single byte, as Files' do, gets one digit. */
    static String sysctl(Path file) throws IOException {
        final int enough = 4096;
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(enough), StandardCharsets.US_ASCII).strip();
        }
    }

    private static String field(List<String> lines, String name) throws IOException {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .map(line -> line.substring(name.length()).strip())
                .orElseThrow(() -> new IOException("the kernel does not tell " + name));
    }
}
