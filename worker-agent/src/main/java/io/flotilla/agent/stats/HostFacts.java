package io.flotilla.agent.stats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What this host is: processors, memory, kernel, distribution, read from /proc and /etc. */
public record HostFacts(
        int cpus,
        long memoryBytes,
        String architecture,
        String kernelVersion,
        String operatingSystem,
        String osVersion,
        int cgroupVersion,
        boolean swapLimit,
        boolean forwarding,
        boolean appArmor) {

    public static HostFacts read() throws IOException {
        return read(Path.of("/"));
    }

    static HostFacts read(Path root) throws IOException {
        List<String> release = lines(root.resolve("etc/os-release"));
        List<String> mounts = lines(root.resolve("proc/self/mounts"));
        boolean version1 = mounts.stream().anyMatch(line -> type(line).equals("cgroup"));
        return new HostFacts(
                Runtime.getRuntime().availableProcessors(),
                memory(lines(root.resolve("proc/meminfo"))),
                architecture(System.getProperty("os.arch", "")),
                String.join("", lines(root.resolve("proc/sys/kernel/osrelease"))),
                field(release, "PRETTY_NAME", "Linux"),
                field(release, "VERSION_ID", ""),
                version1 ? 1 : 2,
                // version 2 has it unless swap accounting is off, which it no longer can be
                !version1 || Files.exists(root.resolve("sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")),
                lines(root.resolve("proc/sys/net/ipv4/ip_forward")).equals(List.of("1")),
                lines(root.resolve("sys/module/apparmor/parameters/enabled")).equals(List.of("Y")));
    }

    /** uname(2)'s name of what Java calls amd64. */
    static String architecture(String java) {
        return java.equals("amd64") ? "x86_64" : java;
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    private static String type(String mount) {
        String[] fields = mount.split(" ");
        return fields.length > 2 ? fields[2] : "";
    }

    private static long memory(List<String> meminfo) throws IOException {
        for (String line : meminfo) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("/proc/meminfo has no MemTotal");
    }

    private static String field(List<String> lines, String name, String otherwise) {
        for (String line : lines) {
            if (line.startsWith(name + "=")) {
                return line.substring(name.length() + 1).replaceAll("^\"|\"$", "");
            }
        }
        return otherwise;
    }
}
