package io.flotilla.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The process of a Flotilla seen from outside: what it holds. @param scratch a file to be overwritten */
record EngineProcess(long pid, Path scratch) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern OF_NO_STREAM = Pattern.compile("^/.*/(bus|raft)/|\\.jar$");
    private static final String JCMD =
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();

    /**
     * What streams hold while they are open.
     *
     * @param descriptors by what they are of; without the logs' segments, of which there are more with whatever happens, and
     *     the jars, which are opened as their classes come to be needed
     * @param busyThreads threads, virtual ones too, that are at work for Flotilla and not idle in a pool
     */
    record Held(SortedMap<String, Integer> descriptors, int busyThreads) {
        boolean within(Held former) {
            return count() <= former.count() && pipes() <= former.pipes() && busyThreads <= former.busyThreads;
        }

        private int count() {
            return descriptors.values().stream().mapToInt(each -> each).sum();
        }

        private int pipes() {
            return descriptors.getOrDefault("pipe", 0);
        }
    }

    Held held() {
        SortedMap<String, Integer> descriptors = new TreeMap<>();
        descriptors().stream()
                .filter(target -> !OF_NO_STREAM.matcher(target).find())
                .forEach(target -> descriptors.merge(target.replaceAll("[:(].*", ""), 1, Integer::sum));
        return new Held(descriptors, busyThreads().size());
    }

    private List<String> descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return all.map(EngineProcess::target).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that is closed meanwhile is nothing. */
    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException closed) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The stacks of threads that run code of Flotilla's. */
    List<String> busyThreads() {
        Host.machine(JCMD, Long.toString(pid), "Thread.dump_to_file", "-overwrite", "-format=json", scratch.toString())
                .ok();
        try {
            return JSON.readTree(scratch.toFile()).findValues("stack").stream()
                    .map(JsonNode::toString)
                    .filter(stack -> stack.contains("io.flotilla."))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is left on the heap when everything unused is collected. */
    long heapBytes() {
        Host.machine(JCMD, Long.toString(pid), "GC.run").ok();
        return Host.machine(JCMD, Long.toString(pid), "GC.heap_info").lines().stream()
                .filter(line -> line.contains(" total ") && line.contains(" used "))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".* used (\\d+)K.*", "$1")) * 1024)
                .sum();
    }
}
