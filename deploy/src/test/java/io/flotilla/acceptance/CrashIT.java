package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user finds after Flotilla was killed in the middle of its work and brought up again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class CrashIT {
    private static final int KILLS = 3;
    private static final int LONGEST_WORK_MS = 500;

    private Host host;

    /** Replicas of each service, as the client was told. */
    private final Map<String, Integer> replicas = new TreeMap<>();

    @BeforeAll
    void up() throws IOException {
        host = Host.make("crash");
        host.flotilla("up", "--node-name", "web1").ok();
        host.docker("swarm", "init", "--advertise-addr", "127.0.0.1").ok();
        host.load("busybox");
        host.docker(create("kept", 3, "--publish", "8080:80")).ok();
        replicas.put("kept", 3);
        host.awaitRunning("kept", 3);
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private static String[] create(String name, int replicas, String... options) {
        return Stream.of(
                        Stream.of("service", "create", "-q", "-d", "--name", name, "--replicas", "" + replicas),
                        Stream.of(options),
                        Stream.of("--stop-grace-period", "0s", "busybox", "httpd", "-f", "-p", "80", "-h", "/etc"))
                .flatMap(words -> words)
                .toArray(String[]::new);
    }

    /**
     * What the client was told is there, what it was not told is there or not; nothing else has changed, and no container of
     * another service was touched.
     */
    @Order(1)
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {20261122, 7})
    void killedAtAnyMomentItLosesNothingAndRestartsNothing(long seed) throws Exception {
        Random random = new Random(seed);
        for (int kill = 1; kill <= KILLS; kill++) {
            Change change = Change.any(random, seed + "-" + kill, replicas);
            int workMs = random.nextInt(LONGEST_WORK_MS);
            String moment = "seed %d, kill %d, %d ms into %s".formatted(seed, kill, workMs, change);
            System.out.println(moment);
            Map<String, Integer> before = pids(change.service());

            boolean told = killedDuring(change, workMs);
            host.flotilla("up").ok();

            Map<String, Integer> after = services();
            Map<String, Integer> changed = change.appliedTo(replicas);
            assertThat(after)
                    .as("%s, told: %s", moment, told)
                    .isIn(told ? List.of(changed) : List.of(changed, replicas));
            replicas.clear();
            replicas.putAll(after);
            replicas.forEach(host::awaitRunning);
            assertThat(pids(change.service())).as(moment).isEqualTo(before);
        }
        eventually("no trace but of containers that are shown", this::traces, this::shown);
    }

    /** @return whether the client was told that it is done */
    private boolean killedDuring(Change change, int workMs) throws Exception {
        Process client = host.dockerInBackground(host.scratch("change"), change.command());
        // waits for nothing: it is to be another moment of the work each time
        Thread.sleep(workMs);
        host.kill9();
        return client.waitFor() == 0;
    }

    /** One change of a service by the client. @param wanted replicas after it, 0 for none */
    private record Change(String service, int wanted, String... command) {
        static Change any(Random random, String name, Map<String, Integer> replicas) {
            List<String> changeable = new ArrayList<>(replicas.keySet());
            changeable.remove("kept");
            if (changeable.isEmpty() || random.nextInt(3) == 0) {
                int wanted = 1 + random.nextInt(4);
                return new Change("made" + name, wanted, create("made" + name, wanted));
            }
            String service = changeable.get(random.nextInt(changeable.size()));
            if (random.nextInt(3) == 0) {
                return new Change(service, 0, "service", "rm", service);
            }
            int wanted = 1 + random.nextInt(4);
            return new Change(service, wanted, "service", "scale", "-d", service + "=" + wanted);
        }

        Map<String, Integer> appliedTo(Map<String, Integer> replicas) {
            Map<String, Integer> changed = new TreeMap<>(replicas);
            changed.put(service, wanted);
            changed.values().removeIf(count -> count == 0);
            return changed;
        }

        @Override
        public String toString() {
            return String.join(" ", command);
        }
    }

    private Map<String, Integer> services() {
        return host.docker("service", "ls", "--format", "{{.Name}} {{.Replicas}}").lines().stream()
                .map(line -> line.split("[ /]"))
                .collect(Collectors.toMap(
                        words -> words[0], words -> Integer.parseInt(words[2]), (a, b) -> a, TreeMap::new));
    }

    /**
     * The process that reaps the one container after Flotilla is gone is the test's own here and never does, so the kernel
     * still tells how it ended.
     */
    @Test
    @Order(2)
    void whatHappensWhileItIsAwayIsSeenAndMended() throws Exception {
        String keeper = """
                import ctypes, signal, subprocess, sys
                ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
                subprocess.run(sys.argv[1:], check=True)
                signal.pause()
                """;
        String launcher = Host.ROOT.resolve("flotilla").toString();
        host.flotilla("down").ok();
        Path out = host.scratch("keeper");
        Process keeping = host.insideInBackground(
                out,
                "python3",
                "-c",
                keeper,
                launcher,
                "up",
                "--data-dir",
                host.dataDir().toString());
        try {
            eventually("up again", () -> Shell.read(out), text -> text.contains("DOCKER_HOST"));
            String ending = start("ending", "trap 'exit 7' TERM; while :; do sleep 0.1; done");
            // an update of the last test may still be rolling through the other services
            Map<String, Integer> kept = pidsOf("kept");
            String victim = host.containers("kept").getFirst();
            int endingPid = host.pid(ending);

            host.kill9();
            Host.machine("kill", "-TERM", "" + endingPid).ok();
            Host.machine("kill", "-9", "" + kept.remove(victim)).ok();
            host.inside("nft", "flush", "ruleset").ok();
            eventually(
                    "the process has ended",
                    () -> Shell.read(Path.of("/proc/" + endingPid + "/stat")),
                    stat -> stat.contains(") Z "));
            host.flotilla("up").ok();

            eventually("the exit code", () -> errors("ending"), List.of("task: non-zero exit (7)")::equals);
            assertThat(host.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", ending)
                            .ok())
                    .isEqualTo("exited 7");
            eventually("a replacement", () -> host.containers("kept"), now -> now.size() == 3 && !now.contains(victim));
            // init may have reaped it before anyone looked, and then the kernel tells nobody
            assertThat(errors("kept"))
                    .singleElement()
                    .isIn(
                            "task: non-zero exit (137)",
                            "task: exit code unknown, the process ended while no agent watched it");
            assertThat(pidsOf("kept")).containsAllEntriesOf(kept);
            host.inside("curl", "-sf", "--max-time", "5", "http://127.0.0.1:8080/hostname")
                    .ok();
        } finally {
            keeping.destroy();
            keeping.waitFor();
        }
    }

    /** @return the ID of the one container of a service that is not restarted */
    private String start(String name, String script) {
        host.docker(
                        "service",
                        "create",
                        "-d",
                        "--name",
                        name,
                        "--restart-condition",
                        "none",
                        "busybox",
                        "sh",
                        "-c",
                        script)
                .ok();
        host.awaitRunning(name, 1);
        return host.containers(name).getFirst();
    }

    /** As service ps shows them. */
    private List<String> errors(String service) {
        return host.docker("service", "ps", "--no-trunc", "--format", "{{.Error}}", service).lines().stream()
                .map(error -> error.replaceAll("^\"|\"$", ""))
                .filter(error -> !error.isEmpty())
                .toList();
    }

    @Test
    @Order(3)
    void nothingIsLeftAfterDownWithRemoval() throws IOException {
        host.kill9();
        host.downLeavesNothing();
    }

    /** IDs of containers of which anything is left: kernel objects, files. */
    private TreeSet<String> traces() {
        try {
            TreeSet<String> ids = new TreeSet<>();
            Path run = Path.of("/run/flotilla", host.instanceName());
            for (Path folder :
                    List.of(host.dataDir().resolve("containers"), run.resolve("netns"), run.resolve("containers"))) {
                ids.addAll(names(folder));
            }
            ids.addAll(Host.machine(
                            "find",
                            "/sys/fs/cgroup",
                            "-mindepth",
                            "3",
                            "-path",
                            "*/flotilla-" + host.instanceName() + "/*",
                            "-type",
                            "d",
                            "-printf",
                            "%f\\n")
                    .lines());
            return ids;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean shown(TreeSet<String> ids) {
        return ids.equals(new TreeSet<>(host.docker("ps", "-aq", "--no-trunc").lines()));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** Of the running containers of every service but one. */
    private Map<String, Integer> pids(String except) {
        Map<String, Integer> pids = new TreeMap<>();
        for (String service : replicas.keySet()) {
            if (!service.equals(except)) {
                pids.putAll(pidsOf(service));
            }
        }
        return pids;
    }

    private Map<String, Integer> pidsOf(String service) {
        int wanted = replicas.getOrDefault(service, 0);
        Map<String, Integer> pids = new TreeMap<>();
        // the list may show a container a moment after its task is said to run
        eventually("containers of " + service, () -> host.containers(service), now -> now.size() == wanted)
                .forEach(container -> pids.put(container, host.pid(container)));
        return pids;
    }
}
