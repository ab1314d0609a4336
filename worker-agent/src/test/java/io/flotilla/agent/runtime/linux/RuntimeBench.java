package io.flotilla.agent.runtime.linux;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Create, start, wait and delete of a container that does nothing, by this runtime and by {@code crun run}, taken in turn in
 * one process. Run by {@code deploy/bench/runtime/run}; prints the medians and their ratio, asserts nothing.
 *
 * <p>Both get the same program and namespaces, the same seccomp rules, and each what it gives by default of mounts and masked
 * paths. crun is measured from its spawn to
 * its end, on a plain folder as root; ours mounts an overlay inside the measured time.
 */
final class RuntimeBench {
    private static final int WARM_UP = 60;
    private static final ObjectMapper JSON = new ObjectMapper();

    private RuntimeBench() {}

    /** @param args rounds; a command that ends in {@code crun} */
    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[0]);
        List<String> crun = Arrays.asList(args).subList(1, args.length);
        long[] ours = new long[rounds];
        long[] theirs = new long[rounds];
        try (var box = new Box()) {
            Path bundle = bundle(box);
            for (int i = 0; i < WARM_UP; i++) {
                ours(box);
                theirs(crun, bundle);
            }
            for (int i = 0; i < rounds; i++) {
                // neither always runs in the other's wake
                if (i % 2 == 0) {
                    ours[i] = ours(box);
                    theirs[i] = theirs(crun, bundle);
                } else {
                    theirs[i] = theirs(crun, bundle);
                    ours[i] = ours(box);
                }
            }
        }
        print("flotilla", ours);
        print("crun", theirs);
        System.out.printf(
                "ratio of medians: %.2f, n = %d, warm-up %d%n",
                (double) at(ours, 50) / at(theirs, 50), rounds, WARM_UP);
    }

    private static long ours(Box box) throws Exception {
        RuntimeSpec spec = box.command("true");
        long start = System.nanoTime();
        if (box.run(spec).code() != 0) {
            throw new IllegalStateException("the container failed");
        }
        return System.nanoTime() - start;
    }

    private static long theirs(List<String> crun, Path bundle) throws Exception {
        var command = new ArrayList<>(crun);
        command.addAll(List.of("run", "--bundle", bundle.toString(), "bench"));
        var builder = new ProcessBuilder(command).inheritIO();
        long start = System.nanoTime();
        Process process = builder.start();
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("crun failed");
        }
        return System.nanoTime() - start;
    }

    /** What {@code crun spec} writes, with our command, root and isolation. */
    private static Path bundle(Box box) throws Exception {
        Path bundle = Files.createDirectories(box.folder.resolve("bundle"));
        Process spec = new ProcessBuilder("crun", "spec")
                .directory(bundle.toFile())
                .inheritIO()
                .start();
        if (!spec.waitFor(30, TimeUnit.SECONDS) || spec.exitValue() != 0) {
            throw new IllegalStateException("crun spec failed");
        }
        Path config = bundle.resolve("config.json");
        var root = (ObjectNode) JSON.readTree(config.toFile());
        var process = (ObjectNode) root.get("process");
        process.put("terminal", false);
        process.set("args", JSON.valueToTree(List.of("/bin/true")));
        ((ObjectNode) root.get("root")).put("path", box.folder.resolve("layer").toString());
        ((ObjectNode) root.get("linux")).set("seccomp", seccomp());
        JSON.writeValue(config.toFile(), root);
        return bundle;
    }

    /** Our default profile as an engine hands it to an OCI runtime: without the rules for other capabilities and CPU types. */
    private static JsonNode seccomp() throws IOException {
        var profile = (ObjectNode) JSON.readTree(
                LinuxRuntime.class.getResource("/io/flotilla/agent/runtime/linux/seccomp/default-profile.json"));
        var rules = JSON.createArrayNode();
        for (JsonNode rule : profile.get("syscalls")) {
            JsonNode includes = rule.path("includes");
            boolean here = includes.path("arches").isMissingNode()
                    || includes.path("arches").toString().contains("\"amd64\"");
            if (here && includes.path("caps").isMissingNode()) {
                rules.add(((ObjectNode) rule).without(List.of("comment", "includes", "excludes")));
            }
        }
        profile.set("syscalls", rules);
        profile.set("architectures", profile.get("archMap").get(0).get("subArchitectures"));
        profile.remove("archMap");
        return profile;
    }

    private static void print(String name, long[] nanos) {
        System.out.printf(
                "%-9s min %.2f  p10 %.2f  p50 %.2f  p90 %.2f ms%n",
                name, ms(at(nanos, 0)), ms(at(nanos, 10)), ms(at(nanos, 50)), ms(at(nanos, 90)));
    }

    private static long at(long[] nanos, int percentile) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[(int) ((sorted.length - 1L) * percentile / 100)];
    }

    private static double ms(long nanos) {
        return nanos / 1e6;
    }
}
