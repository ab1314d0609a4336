package io.flotilla.agent.runtime.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.flotilla.agent.Instance;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Root;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import io.flotilla.agent.runtime.spec.RuntimeSpec.User;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import io.flotilla.agent.runtime.spec.RuntimeSpecProcessBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A runtime of its own with a root file system of Debian's busybox-static; closing it removes all it made in the kernel. */
final class Box implements AutoCloseable {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final List<String> APPLETS = List.of(
            "sh",
            "ls",
            "cat",
            "sleep",
            "true",
            "id",
            "hostname",
            "touch",
            "seq",
            "stat",
            "ip",
            "grep",
            "head",
            "mkdir",
            "pwd",
            "readlink",
            "unshare",
            "tail",
            "tty",
            "stty",
            "env",
            "wc",
            "dd",
            "nproc",
            "umount",
            "mount",
            "mkfifo",
            "df",
            "mknod");
    private static final int EXIT_TIMEOUT_S = 20;
    private static final AtomicInteger LAST_ID = new AtomicInteger();

    final Instance instance;
    final Path folder;
    LinuxRuntime runtime;

    private final Path layer;

    Box() throws IOException {
        this("t" + ProcessHandle.current().pid() % 1_000_000, Files.createTempDirectory("flotilla-runtime"));
    }

    /** With these in place of the host's init programs. */
    static Box withInit(Path... initPrograms) throws IOException {
        return new Box(
                "i" + ProcessHandle.current().pid() % 1_000_000,
                Files.createTempDirectory("flotilla-runtime"),
                List.of(initPrograms));
    }

    /** On a folder that may have been another's before. */
    Box(String name, Path folder) throws IOException {
        this(name, folder, EffectiveSpec.INIT_PROGRAMS);
    }

    private Box(String name, Path folder, List<Path> initPrograms) throws IOException {
        if (!Files.exists(BUSYBOX)) {
            throw new IllegalStateException("these tests need /bin/busybox of the package busybox-static");
        }
        this.folder = folder;
        instance = new Instance(name, folder.resolve("data"), folder.resolve("run"));
        layer = folder.resolve("layer");
        if (!Files.exists(layer)) {
            makeLayer();
        }
        runtime = new LinuxRuntime(instance, initPrograms);
    }

    private void makeLayer() throws IOException {
        for (String made : List.of("bin", "etc", "tmp")) {
            Files.createDirectories(layer.resolve(made));
        }
        Files.copy(BUSYBOX, layer.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String applet : APPLETS) {
            Files.createSymbolicLink(layer.resolve("bin/" + applet), Path.of("busybox"));
        }
        Files.writeString(layer.resolve("etc/plain"), "not a program\n");
        // sticky and writable to all, as images have it
        Files.setAttribute(layer.resolve("tmp"), "unix:mode", 01777);
    }

    /** A container of Docker's defaults that runs the shell script. */
    RuntimeSpec shell(String script) throws IOException {
        return command("sh", "-c", script);
    }

    RuntimeSpec command(String... args) throws IOException {
        String id = "%064x".formatted(LAST_ID.incrementAndGet());
        Path own = folder.resolve("containers").resolve(id);
        Files.createDirectories(own.resolve("upper"));
        Files.createDirectories(own.resolve("work"));
        return RuntimeSpecBuilder.builder()
                .id(id)
                .process(RuntimeSpecProcessBuilder.builder()
                        .args(List.of(args))
                        .env(List.of("PATH=/usr/bin:/bin", "GREETING=hello"))
                        .cwd("/")
                        .user(new User(0, 0, List.of()))
                        .capabilities(Defaults.capabilities())
                        .build())
                .root(new Root(List.of(layer), own.resolve("upper"), own.resolve("work"), false))
                .hostname("box")
                .mounts(Defaults.mounts())
                .namespaces(Defaults.namespaces())
                .resources(Resources.UNLIMITED)
                .devices(Defaults.devices())
                .seccomp(new Seccomp.Default())
                .maskedPaths(Defaults.maskedPaths())
                .readonlyPaths(Defaults.readonlyPaths())
                .cgroupParent("")
                .build();
    }

    /** A command to execute in a running container, as root with its environment. */
    static ExecSpec exec(String... args) {
        var process = RuntimeSpecProcessBuilder.builder()
                .args(List.of(args))
                .env(List.of("PATH=/usr/bin:/bin"))
                .cwd("/")
                .user(new User(0, 0, List.of()))
                .capabilities(Defaults.capabilities())
                .build();
        return new ExecSpec("%064x".formatted(LAST_ID.incrementAndGet()), process, false);
    }

    static ExecSpec exec(ExecSpec exec, UnaryOperator<RuntimeSpec.Process> change) {
        return new ExecSpec(exec.id(), change.apply(exec.process()), exec.privileged());
    }

    /** Executes in the running container and waits. */
    Result run(RuntimeSpec container, ExecSpec exec) throws Exception {
        var output = new Output();
        ExecProcess process = runtime.exec(container.id(), exec, output);
        return new Result(process.exit().get(EXIT_TIMEOUT_S, TimeUnit.SECONDS), output);
    }

    /** Creates, starts, waits, deletes. */
    Result run(RuntimeSpec spec) throws Exception {
        runtime.create(spec);
        try {
            var output = new Output();
            runtime.start(spec, output);
            return new Result(exit(spec), output);
        } finally {
            runtime.delete(spec.id());
        }
    }

    Result run(String script, UnaryOperator<RuntimeSpec> change) throws Exception {
        return run(change.apply(shell(script)));
    }

    Result run(String script) throws Exception {
        return run(shell(script));
    }

    RunningProcess start(RuntimeSpec spec, Output output) throws RuntimeFailure {
        runtime.create(spec);
        return runtime.start(spec, output);
    }

    Exit exit(RuntimeSpec spec) throws Exception {
        return runtime.exit(spec.id()).get(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        for (String id : runtime.known()) {
            runtime.delete(id);
        }
        runtime.removeInstanceCgroup();
        runtime.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    record Result(Exit exit, Output output) {
        int code() {
            return exit.exitCode();
        }

        String out() {
            return output.out();
        }

        String err() {
            return output.err();
        }
    }

    /** Keeps what a container writes; tests write little, or say how much. */
    static final class Output implements OutputSink {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final List<Stream> ended = new ArrayList<>();

        @Override
        public synchronized boolean write(Stream stream, ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            (stream == Stream.STDOUT ? out : err).writeBytes(copy);
            notifyAll();
            return true;
        }

        @Override
        public synchronized void end(Stream stream) {
            ended.add(stream);
            notifyAll();
        }

        synchronized String out() {
            return out.toString(UTF_8);
        }

        synchronized String err() {
            return err.toString(UTF_8);
        }

        synchronized void awaitOut(String text) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(EXIT_TIMEOUT_S);
            while (!out().contains(text)) {
                long leftMs = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMs <= 0) {
                    throw new AssertionError("no \"" + text + "\" in the output: " + out() + err());
                }
                wait(leftMs);
            }
        }
    }
}
