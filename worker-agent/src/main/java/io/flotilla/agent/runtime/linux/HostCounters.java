package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.ResourceUsage.NetworkInterface;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Counters in /proc: the host's processors, a network namespace's interfaces. */
final class HostCounters {
    private static final long NANOS_PER_TICK = 10_000_000; // USER_HZ is 100 on both CPU types
    /** user, nice, system, idle, iowait, irq, softirq: those Docker adds up. */
    private static final int COUNTED_STATES = 7;

    private HostCounters() {}

    record Processors(long busyAndIdleNanos, int online) {}

    static Processors processors() throws IOException {
        return processors(Files.readAllLines(Path.of("/proc/stat")));
    }

    static Processors processors(List<String> stat) {
        long ticks = Stream.of(stat.getFirst().strip().split(" +"))
                .skip(1)
                .limit(COUNTED_STATES)
                .mapToLong(Long::parseLong)
                .sum();
        long online = stat.stream().filter(line -> line.matches("cpu\\d+ .*")).count();
        return new Processors(ticks * NANOS_PER_TICK, (int) online);
    }

    /** Interfaces of the process's network namespace but loopback, as Docker counts; empty when it is gone. */
    static Map<String, NetworkInterface> interfaces(int pid) throws IOException {
        try {
            return interfaces(Files.readAllLines(Path.of("/proc/" + pid + "/net/dev")));
        } catch (NoSuchFileException e) {
            return Map.of();
        }
    }

    static Map<String, NetworkInterface> interfaces(List<String> netDev) {
        return netDev.stream()
                .skip(2)
                .map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2 && !parts[0].strip().equals("lo"))
                .collect(Collectors.toUnmodifiableMap(parts -> parts[0].strip(), parts -> {
                    long[] n = Stream.of(parts[1].strip().split(" +"))
                            .mapToLong(Long::parseLong)
                            .toArray();
                    return new NetworkInterface(n[0], n[1], n[2], n[3], n[8], n[9], n[10], n[11]);
                }));
    }
}
