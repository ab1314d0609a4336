package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Containers of no service, as a user of the stock docker client has them on one machine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ContainersIT {
    private static final int TYPED_SECONDS = 30;

    private Path folder;
    private Host host;

    @BeforeAll
    void up(@TempDir Path temporary) throws IOException {
        folder = temporary;
        host = Host.make("cont");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private String state(String container) {
        return host.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", container)
                .ok();
    }

    @Test
    @Order(1)
    void exitCodesReachTheCaller() {
        for (int code : List.of(0, 1, 2, 42, 124, 125, 126, 127, 128, 137, 254, 255)) {
            Shell.Result run = host.docker("run", "--rm", "busybox", "sh", "-c", "exit " + code);
            assertThat(run.exitCode()).as(run.err()).isEqualTo(code);
        }
        Shell.Result missing = host.docker("run", "--rm", "busybox", "no-such-command");
        assertThat(missing.exitCode()).isEqualTo(127);
        assertThat(missing.err()).contains("\"no-such-command\": executable file not found in $PATH");
        Shell.Result data = host.docker("run", "--rm", "busybox", "/etc/passwd");
        assertThat(data.exitCode()).isEqualTo(126);
        assertThat(data.err()).contains("permission denied");
        assertThat(host.docker("run", "--rm", "--network", "nowhere", "busybox", "true")
                        .exitCode())
                .isEqualTo(125);
        assertThat(host.docker("ps", "-aq", "--filter", "status=exited").ok()).isEmpty();
    }

    @Test
    @Order(2)
    void inputAndOutputPassThroughAndEnd() throws IOException {
        Shell.Result both = host.docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2");
        assertThat(both.ok()).isEqualTo("out");
        assertThat(both.err()).isEqualTo("err\n");
        Path little = file("little", "a\nb");
        assertThat(host.dockerWithInput(little, "run", "--rm", "-i", "busybox", "cat")
                        .out())
                .isEqualTo("a\nb");
        assertThat(host.dockerWithInput(little, "run", "--rm", "-i", "busybox", "sh", "-c", "cat >/dev/null; echo end")
                        .ok())
                .isEqualTo("end");
        byte[] much = new byte[20 << 20];
        new Random(1).nextBytes(much);
        Path file = Files.write(folder.resolve("much"), much);
        String sum = Host.machine("md5sum", file.toString()).ok().split(" ", 2)[0];
        assertThat(host.dockerWithInput(file, "run", "--rm", "-i", "busybox", "md5sum")
                        .ok())
                .startsWith(sum);
        String back = host.docker("run", "--rm", "busybox", "sh", "-c", "yes 0123456789 | head -n 500000")
                .out();
        assertThat(back).hasSize(11 * 500_000).endsWith("0123456789\n");
    }

    @Test
    @Order(3)
    void aDetachedContainerLivesUntilItIsStopped() throws Exception {
        String id = host.docker(
                        "run",
                        "-d",
                        "--name",
                        "box",
                        "--label",
                        "a=b",
                        "busybox",
                        "sh",
                        "-c",
                        "echo hello; exec sleep 1000")
                .ok();
        assertThat(id).matches("[0-9a-f]{64}");
        assertThat(host.docker("ps", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}} {{.Command}}")
                        .ok())
                .isEqualTo(id + " box running \"sh -c 'echo hello; exec sleep 1000'\"");
        assertThat(eventually("the log", () -> host.docker("logs", "box").ok(), log -> !log.isEmpty()))
                .isEqualTo("hello");
        assertThat(host.docker("exec", "box", "ls", "/.dockerenv", "/etc/mtab").exitCode())
                .isZero();
        assertThat(host.docker("diff", "box").ok()).isEmpty();
        assertThat(host.docker("top", "box").ok()).contains("sleep 1000");
        assertThat(host.docker("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "box")
                        .ok())
                .isEqualTo("box 1");
        assertThat(host.docker("rm", "box").exitCode()).isEqualTo(1);

        host.docker("pause", "box").ok();
        assertThat(state("box")).isEqualTo("paused 0");
        host.docker("unpause", "box").ok();
        host.docker("update", "--memory", "64m", "--memory-swap", "64m", "--restart", "on-failure:3", "box")
                .ok();
        assertThat(host.docker("inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}", "box")
                        .ok())
                .isEqualTo("67108864 on-failure");
        assertThat(host.docker("update", "--memory", "1m", "--memory-swap", "2m", "box")
                        .err())
                .contains("Minimum memory limit allowed is 6MB");
        host.docker("update", "--restart", "no", "box").ok();
        host.docker("rename", "box", "crate").ok();
        assertThat(host.docker("inspect", "box").exitCode()).isEqualTo(1);
        host.docker("restart", "-t", "0", "crate").ok();
        assertThat(state("crate")).isEqualTo("running 0");

        Path out = folder.resolve("waiting");
        Process wait = host.dockerInBackground(out, "wait", "crate");
        host.docker("kill", "-s", "KILL", "crate").ok();
        assertThat(wait.waitFor(TYPED_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(Shell.read(out)).isEqualTo("137\n");
        assertThat(state("crate")).isEqualTo("exited 137");
        host.docker("start", "crate").ok();
        host.docker("stop", "-t", "0", "crate").ok();
        assertThat(host.docker("stop", "crate").ok()).isEqualTo("crate");
        host.docker("rm", "crate").ok();
        assertThat(host.docker("ps", "-aq").ok()).isEmpty();
    }

    @Test
    @Order(4)
    void startAttachesAgainAndLogsAreFollowed() throws Exception {
        host.docker("create", "-i", "--name", "again", "busybox", "cat").ok();
        assertThat(state("again")).isEqualTo("created 0");
        assertThat(host.dockerWithInput(file("first", "one\n"), "start", "-a", "-i", "again")
                        .ok())
                .isEqualTo("one");
        assertThat(host.dockerWithInput(file("second", "two\n"), "start", "-a", "-i", "again")
                        .ok())
                .isEqualTo("two");
        assertThat(host.docker("logs", "again").lines()).containsExactly("one", "two");
        assertThat(host.docker("logs", "--tail", "1", "again").ok()).isEqualTo("two");
        host.docker("rm", "again").ok();

        host.docker("run", "-d", "-i", "--name", "talker", "busybox", "sh", "-c", "echo first; read line; echo $line")
                .ok();
        Path followed = folder.resolve("followed");
        Process logs = host.dockerInBackground(followed, "logs", "-f", "talker");
        eventually("the first line", () -> Shell.read(followed), log -> log.equals("first\n"));
        // the container is detached from its creator, so that the client's end does not end its input
        var _ = host.dockerWithInput(file("typed", "second\n"), "attach", "talker");
        assertThat(logs.waitFor(TYPED_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(Shell.read(followed)).isEqualTo("first\nsecond\n");
        host.docker("rm", "talker").ok();
    }

    @Test
    @Order(5)
    void aTerminalTakesWhatIsTypedAndKnowsItsSize() throws Exception {
        Path out = folder.resolve("terminal");
        Process run = host.dockerInTerminal(out, 31, 91, "run", "-it", "--name", "tty", "busybox", "sh");
        try {
            type(run, "stty size\n");
            eventually("the size", () -> Shell.read(out), text -> text.contains("31 91"));
            // the shell reads ahead what is typed before cat takes over
            type(run, "echo rea'd'y; cat\n");
            eventually("cat", () -> Shell.read(out), text -> text.contains("ready\r\n"));
            type(run, "abc\n");
            eventually("the echo and the line", () -> Shell.read(out), text -> text.contains("abc\r\nabc\r\n"));
            type(run, "\u0003");
            eventually("a prompt", () -> Shell.read(out), text -> text.matches("(?s).*\\^C.*/ # .*"));
            type(run, "echo in'te'rrupted $?\n");
            eventually("Ctrl-C ended cat", () -> Shell.read(out), text -> text.contains("interrupted 130"));

            String terminal =
                    host.docker("inspect", "-f", "{{.State.Pid}}", "tty").ok();
            assertThat(terminal).isNotEqualTo("0");
            resize(run, 42, 102);
            eventually(
                    "the new size",
                    () -> host.docker("exec", "tty", "stty", "-F", "/dev/console", "size")
                            .out(),
                    size -> size.equals("42 102\n"));
            type(run, "exit 7\n");
            assertThat(run.waitFor(TYPED_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(run.exitValue()).isEqualTo(7);
        } finally {
            var _ = run.destroyForcibly();
        }
        host.docker("rm", "tty").ok();
    }

    @Test
    @Order(6)
    void aClientDetachesByKeysAndAttachesAgain() throws Exception {
        Path out = folder.resolve("detached");
        Process run = host.dockerInTerminal(out, 24, 80, "run", "-it", "--name", "stay", "busybox", "sh");
        type(run, "echo be'fo're\n");
        eventually("a shell", () -> Shell.read(out), text -> text.contains("before"));
        type(run, "\u0010\u0011");
        assertThat(run.waitFor(TYPED_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(state("stay")).isEqualTo("running 0");

        Path more = folder.resolve("attached");
        Process attach = host.dockerInTerminal(more, 24, 80, "attach", "stay");
        type(attach, "echo af'te'r\n");
        eventually("the shell again", () -> Shell.read(more), text -> text.contains("after"));
        type(attach, "exit 3\n");
        assertThat(attach.waitFor(TYPED_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(attach.exitValue()).isEqualTo(3);
        host.docker("rm", "stay").ok();
    }

    private static void type(Process process, String text) throws IOException {
        process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Of the pseudo terminal script(1) has made; whoever is in its foreground is told by the kernel. */
    private static void resize(Process script, int rows, int columns) {
        String child = script.toHandle()
                .children()
                .findFirst()
                .map(handle -> Long.toString(handle.pid()))
                .orElseThrow();
        Host.machine("stty", "-F", "/proc/" + child + "/fd/0", "rows", "" + rows, "cols", "" + columns)
                .ok();
    }

    @Test
    @Order(7)
    void commandsRunInARunningContainer() throws Exception {
        host.docker("run", "-d", "--name", "box", "busybox", "sleep", "1000").ok();
        assertThat(host.docker(
                                "exec",
                                "-e",
                                "A=b",
                                "-w",
                                "/tmp",
                                "-u",
                                "nobody",
                                "box",
                                "sh",
                                "-c",
                                "echo $A $PWD; id -un")
                        .lines())
                .containsExactly("b /tmp", "nobody");
        assertThat(host.docker("exec", "box", "sh", "-c", "exit 9").exitCode()).isEqualTo(9);
        assertThat(host.dockerWithInput(file("in", "x\ny\n"), "exec", "-i", "box", "wc", "-l")
                        .ok())
                .isEqualTo("2");
        Shell.Result missing = host.docker("exec", "box", "no-such-command");
        assertThat(missing.exitCode()).isEqualTo(127);
        assertThat(missing.out() + missing.err()).contains("executable file not found in $PATH");
        host.docker("exec", "-d", "box", "touch", "/tmp/made").ok();
        eventually(
                "the detached command",
                () -> host.docker("exec", "box", "ls", "/tmp").ok(),
                made -> made.equals("made"));

        Path out = folder.resolve("exec-terminal");
        Process exec = host.dockerInTerminal(out, 33, 99, "exec", "-it", "box", "sh");
        type(exec, "stty size; tty\n");
        eventually(
                "size and terminal",
                () -> Shell.read(out),
                text -> text.contains("33 99") && text.contains("/dev/pts/"));
        type(exec, "exit 5\n");
        assertThat(exec.waitFor(TYPED_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(exec.exitValue()).isEqualTo(5);
        host.docker("pause", "box").ok();
        assertThat(host.docker("exec", "box", "true").err()).contains("is paused");
        host.docker("unpause", "box").ok();
        host.docker("stop", "-t", "0", "box").ok();
        assertThat(host.docker("exec", "box", "true").err()).contains("is not running");
        host.docker("rm", "box").ok();
    }

    @Test
    @Order(8)
    void filesGoInAndOut() throws IOException {
        host.docker("run", "-d", "--name", "files", "busybox", "sleep", "1000").ok();
        Path source = Files.createDirectories(folder.resolve("tree/sub"));
        Files.writeString(source.resolve("leaf"), "leaf");
        Files.createSymbolicLink(source.resolve("link"), Path.of("leaf"));
        host.docker("cp", folder.resolve("tree") + "/.", "files:/data").ok();
        assertThat(host.docker("exec", "files", "sh", "-c", "cat /data/sub/leaf; readlink /data/sub/link")
                        .ok())
                .isEqualTo("leafleaf");
        host.docker("cp", "files:/data", folder.resolve("back").toString()).ok();
        assertThat(folder.resolve("back/sub/leaf")).hasContent("leaf");

        Path tar = folder.resolve("stream.tar");
        Process out = host.dockerInBackground(tar, "cp", "files:/data", "-");
        assertThat(out.onExit().join().exitValue()).isZero();
        host.docker("exec", "files", "mkdir", "/copy").ok();
        host.dockerWithInput(tar, "cp", "-", "files:/copy").ok();
        assertThat(host.docker("exec", "files", "cat", "/copy/data/sub/leaf").ok())
                .isEqualTo("leaf");
        assertThat(host.docker("cp", "files:/nowhere", folder.toString()).err())
                .contains("Could not find the file /nowhere");

        assertThat(host.docker("diff", "files").lines()).contains("A /data", "A /data/sub/leaf", "A /copy");
        host.docker("stop", "-t", "0", "files").ok();
        host.docker("cp", "files:/data/sub/leaf", folder.resolve("stopped").toString())
                .ok();
        assertThat(folder.resolve("stopped")).hasContent("leaf");
    }

    @Test
    @Order(9)
    void aContainerBecomesAnImage() throws IOException {
        String image = host.docker("commit", "-m", "with data", "-c", "CMD cat /data/sub/leaf", "files", "mine:1")
                .ok();
        assertThat(image).startsWith("sha256:");
        assertThat(host.docker("run", "--rm", "mine:1").ok()).isEqualTo("leaf");
        assertThat(host.docker("history", "--format", "{{.Comment}}", "mine:1")
                        .lines()
                        .getFirst())
                .isEqualTo("with data");

        Path tar = folder.resolve("export.tar");
        host.docker("export", "-o", tar.toString(), "files").ok();
        assertThat(Host.machine("tar", "tf", tar.toString()).lines()).contains("data/sub/leaf", "bin/busybox");
        host.docker("import", "-c", "CMD [\"cat\",\"/data/sub/leaf\"]", tar.toString(), "flat:1")
                .ok();
        assertThat(host.docker("run", "--rm", "flat:1").ok()).isEqualTo("leaf");
        host.docker("rm", "files").ok();
        host.docker("rmi", "mine:1", "flat:1").ok();
    }

    @Test
    @Order(10)
    void listsAreFilteredAndWhatStoppedIsPruned() {
        host.docker("run", "-d", "--name", "one", "--label", "tier=front", "busybox", "sleep", "1000")
                .ok();
        host.docker("run", "--name", "two", "--label", "tier=back", "busybox", "false");
        host.docker("create", "--name", "three", "busybox").ok();
        assertThat(names("--filter", "label=tier=front")).containsExactly("one");
        assertThat(names("-a", "--filter", "exited=1")).containsExactly("two");
        assertThat(names("-a", "--filter", "status=created")).containsExactly("three");
        assertThat(names("-a", "--filter", "since=one")).containsExactly("three", "two");
        assertThat(names("-a", "--filter", "ancestor=busybox")).containsExactly("three", "two", "one");
        assertThat(names("-n", "1")).containsExactly("three");
        assertThat(names("--filter", "name=^o")).containsExactly("one");
        assertThat(host.docker("ps", "-s", "--format", "{{.Size}}").ok()).contains("virtual");
        assertThat(host.docker("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}")
                        .lines())
                .contains("Containers 3 1");
        assertThat(host.docker("create", "--name", "one", "busybox").err())
                .contains("Conflict. The container name \"/one\" is already in use");
        assertThat(host.docker("container", "prune", "-f", "--filter", "label=tier=back")
                        .ok())
                .contains("Deleted Containers:");
        assertThat(names("-a")).containsExactly("three", "one");
        assertThat(host.docker("system", "prune", "-f").ok()).contains("Deleted Containers:", "Total reclaimed space:");
        host.docker("rm", "-f", "one").ok();
        assertThat(names("-a")).isEmpty();
        // seconds alone are given to the engine: until now would be until this second began
        String soon = String.valueOf(Instant.now().plusSeconds(2).getEpochSecond());
        assertThat(host.docker("events", "--until", soon, "--format", "{{.Type}} {{.Action}}")
                        .lines())
                .contains("container create", "container destroy", "builder prune");
    }

    private List<String> names(String... options) {
        String[] words = new String[options.length + 3];
        words[0] = "ps";
        words[1] = "--format";
        words[2] = "{{.Names}}";
        System.arraycopy(options, 0, words, 3, options.length);
        return host.docker(words).lines();
    }
}
