package io.flotilla.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A host of the test's own: a network namespace with a data folder and one Flotilla in it, driven by the launcher and the
 * docker client.
 */
final class Host implements AutoCloseable {
    /** The project's root: Maven runs the tests in deploy. */
    static final Path ROOT = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());

    private static final Shell MACHINE = new Shell(List.of(), Map.of());

    private final String namespace;
    private final Path dataDir;
    private final Path scratch;
    private final Shell inside;
    private final Shell docker;

    private Host(String namespace, Path dataDir, Path scratch) {
        this.namespace = namespace;
        this.dataDir = dataDir;
        this.scratch = scratch;
        List<String> enter = List.of("nsenter", "--net=/run/netns/" + namespace);
        this.inside = new Shell(enter, Map.of());
        this.docker = new Shell(
                List.of("nsenter", "--net=/run/netns/" + namespace, "docker"),
                Map.of("DOCKER_HOST", endpoint(), "DOCKER_CLI_HINTS", "false"));
    }

    /** @param name at most eight letters, unlike any other test's */
    static Host make(String name) throws IOException {
        assertThat(System.getProperty("user.name")).as("these tests need root").isEqualTo("root");
        MACHINE.run("docker", "--version").ok();
        Host host = new Host(
                "flo-" + name,
                Files.createTempDirectory("flotilla-" + name),
                Files.createTempDirectory("flotilla-files"));
        MACHINE.run("ip", "netns", "add", host.namespace).ok();
        host.inside("ip", "link", "set", "lo", "up").ok();
        return host;
    }

    Path dataDir() {
        return dataDir;
    }

    /** A file for what a test keeps; gone with the host. */
    Path scratch(String name) {
        return scratch.resolve(name);
    }

    Shell.Result flotilla(String command, String... options) {
        return inside(words(
                List.of(ROOT.resolve("flotilla").toString(), command, "--data-dir", dataDir.toString()), options));
    }

    /** Starts with other options of the JVM than the launcher's own. */
    void up(String javaOptions) {
        Shell shell = new Shell(inside.prefix(), Map.of("FLOTILLA_JAVA_OPTS", javaOptions));
        shell.run(ROOT.resolve("flotilla").toString(), "up", "--data-dir", dataDir.toString(), "--node-name", "web1")
                .ok();
    }

    /** The process of this host's Flotilla. */
    long flotillaPid() {
        return Long.parseLong(flotilla("status", "--json").ok().replaceAll("(?s).*\"pid\" : (\\d+).*", "$1"));
    }

    Shell.Result docker(String... arguments) {
        return docker.run(arguments);
    }

    /** With a file as its standard input. */
    Shell.Result dockerWithInput(Path in, String... arguments) {
        return docker.run(in, arguments);
    }

    /** Under a pseudo terminal; what is written to the process is typed. */
    Process dockerInTerminal(Path out, int rows, int columns, String... arguments) {
        return docker.startInTerminal(out, rows, columns, arguments);
    }

    /** Where clients find the engine. */
    String endpoint() {
        return "unix://" + dataDir + "/flotilla.sock";
    }

    /** A client program in the host's network namespace that finds the engine in its environment. */
    Shell client(String... program) {
        return new Shell(
                List.of(words(List.of("nsenter", "--net=/run/netns/" + namespace), program)),
                Map.of(
                        "DOCKER_HOST",
                        endpoint(),
                        "TESTCONTAINERS_RYUK_DISABLED",
                        "true",
                        "TESTCONTAINERS_CHECKS_DISABLE",
                        "true"));
    }

    Process dockerInBackground(Path out, String... arguments) {
        return docker.start(out, arguments);
    }

    /** A command in the host's network namespace. */
    Shell.Result inside(String... command) {
        return inside.run(command);
    }

    /** A command in the host's network namespace that goes on; the caller ends it. */
    Process insideInBackground(Path out, String... command) {
        return inside.start(out, command);
    }

    /** A command on the machine itself. */
    static Shell.Result machine(String... command) {
        return MACHINE.run(command);
    }

    /** Loads an image the project's image script makes from Debian packages. */
    void load(String image) {
        docker("load", "-q", "-i", Images.archive(image).toString()).ok();
    }

    /** Asks until the answer satisfies; fails with the last answer after the patience is over. */
    static <T> T eventually(String what, Supplier<T> ask, java.util.function.Predicate<T> satisfied) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        @Nullable T last = null;
        while (System.nanoTime() < deadline) {
            last = ask.get();
            if (satisfied.test(last)) {
                return last;
            }
            pause();
        }
        throw new AssertionError("not within a minute: " + what + "; last seen: " + last);
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Names of a service's running tasks' containers, once there are so many and no other is running. */
    List<String> awaitRunning(String service, int count) {
        return eventually(
                count + " running tasks of " + service,
                () -> docker(
                                "service",
                                "ps",
                                service,
                                "--filter",
                                "desired-state=running",
                                "--format",
                                "{{.Name}}.{{.ID}} {{.CurrentState}}",
                                "--no-trunc")
                        .lines(),
                lines -> lines.size() == count && lines.stream().allMatch(line -> line.contains(" Running ")));
    }

    /** IDs of a service's running containers. */
    List<String> containers(String service) {
        return docker("ps", "-q", "--no-trunc", "--filter", "label=com.docker.swarm.service.name=" + service)
                .lines();
    }

    int pid(String container) {
        return Integer.parseInt(
                docker("inspect", "-f", "{{.State.Pid}}", container).ok());
    }

    /** Ends the process of Flotilla as a crash would; its containers stay. */
    void kill9() {
        long pid = flotillaPid();
        MACHINE.run("kill", "-9", Long.toString(pid)).ok();
        eventually("the process is gone", () -> Files.exists(Path.of("/proc/" + pid + "/exe")), alive -> !alive);
    }

    /** The name all kernel objects of this host's Flotilla bear. */
    String instanceName() throws IOException {
        return Files.readString(dataDir.resolve("instance.json")).replaceAll("(?s).*\"instance\" : \"(\\w+)\".*", "$1");
    }

    /** Goes down with all containers, and looks at everything in the kernel that bore the instance's name. */
    void downLeavesNothing() throws IOException {
        String instance = instanceName();
        List<String> pids = machine(
                        "find",
                        "/sys/fs/cgroup",
                        "-path",
                        "*/flotilla-" + instance + "/*/cgroup.procs",
                        "-exec",
                        "cat",
                        "{}",
                        "+")
                .lines();
        assertThat(pids).as("processes of the containers").isNotEmpty();
        assertThat(inside("ip", "-o", "link").ok()).contains(instance);

        flotilla("down", "--remove-containers").ok();

        // what outlived a killed Flotilla is init's child now, and init takes its time to reap
        eventually(
                "no process of the containers",
                () -> pids.stream()
                        .filter(pid -> Files.exists(Path.of("/proc", pid)))
                        .toList(),
                List::isEmpty);
        assertThat(inside("ip", "-o", "link").lines()).as("links").hasSize(1);
        assertThat(inside("nft", "list", "ruleset").ok()).as("nftables").isEmpty();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
                .as("mounts")
                .doesNotContain(instance);
        assertThat(machine("find", "/sys/fs/cgroup", "-type", "d", "-name", "*flotilla-" + instance + "*")
                        .ok())
                .as("cgroups")
                .isEmpty();
        assertThat(Path.of("/run/flotilla", instance)).doesNotExist();
    }

    @Override
    public void close() throws IOException {
        flotilla("down", "--remove-containers");
        MACHINE.run("ip", "netns", "delete", namespace).ok();
        MACHINE.run("rm", "-rf", dataDir.toString(), scratch.toString()).ok();
    }

    private static String[] words(List<String> first, String... rest) {
        String[] all = new String[first.size() + rest.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = i < first.size() ? first.get(i) : rest[i - first.size()];
        }
        return all;
    }
}
