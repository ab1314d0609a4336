package io.flotilla.agent.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.flotilla.agent.Instance;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.ContainerRecordBuilder;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.linux.LinuxRuntime;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import io.flotilla.agent.runtime.spec.RuntimeSpecProcessBuilder;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.MountPointBuilder;
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

/** Containers of a busybox root on a real runtime; closing it removes them. */
final class Boxes implements AutoCloseable {
    private static final int TIMEOUT_S = 20;
    private static final AtomicInteger LAST_ID = new AtomicInteger();

    private final Path folder;
    private final Path layer;
    private final LinuxRuntime runtime;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private String lastStarted = "";

    Boxes(Path folder) throws IOException {
        this.folder = folder;
        String name = "a" + ProcessHandle.current().pid() % 1_000_000;
        runtime = new LinuxRuntime(new Instance(name, folder.resolve("data"), folder.resolve("run")));
        layer = folder.resolve("layer");
        for (String made : List.of("bin", "etc", "tmp", "lib/keep", "lib/gone", "opt/x")) {
            Files.createDirectories(layer.resolve(made));
        }
        Files.copy(Path.of("/bin/busybox"), layer.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String applet : List.of("sh", "cat", "sleep", "ln", "mkdir", "rm", "touch", "stat", "true")) {
            Files.createSymbolicLink(layer.resolve("bin/" + applet), Path.of("busybox"));
        }
        Files.writeString(layer.resolve("etc/plain"), "not a program\n");
        Files.writeString(layer.resolve("lib/keep/a"), "a");
        Files.writeString(layer.resolve("lib/gone/was"), "b");
    }

    Path upper(ContainerRecord container) {
        return container.spec().root().upper();
    }

    ContainerRecord stopped(String script) throws IOException {
        return stopped(script, false);
    }

    ContainerRecord stopped(String script, boolean readonly, Mount... more) throws IOException {
        String id = "%064x".formatted(LAST_ID.incrementAndGet());
        Path own = folder.resolve("rw").resolve(id);
        Files.createDirectories(own.resolve("upper"));
        Files.createDirectories(own.resolve("work"));
        List<Mount> mounts = new ArrayList<>(Defaults.mounts());
        mounts.addAll(List.of(more));
        RuntimeSpec spec = RuntimeSpecBuilder.builder()
                .id(id)
                .process(RuntimeSpecProcessBuilder.builder()
                        .args(List.of("sh", "-c", script))
                        .env(List.of("PATH=/bin"))
                        .cwd("/")
                        .user(new RuntimeSpec.User(0, 0, List.of()))
                        .capabilities(Defaults.capabilities())
                        .build())
                .root(new RuntimeSpec.Root(List.of(layer), own.resolve("upper"), own.resolve("work"), readonly))
                .hostname("box")
                .mounts(mounts)
                .namespaces(Defaults.namespaces())
                .resources(RuntimeSpec.Resources.UNLIMITED)
                .devices(Defaults.devices())
                .seccomp(new RuntimeSpec.Seccomp.Default())
                .cgroupParent("")
                .build();
        return ContainerRecordBuilder.builder()
                .id(id)
                .name("box")
                .config(ContainerConfigBuilder.builder().build())
                .hostConfig(HostConfigBuilder.builder().build())
                .mounts(List.of(more).stream()
                        .map(mount -> MountPointBuilder.builder()
                                .destination(mount.destination())
                                .build())
                        .toList())
                .spec(spec)
                .error("")
                .build();
    }

    ContainerRecord start(String script) throws IOException {
        return start(script, false);
    }

    ContainerRecord start(String script, boolean readonly, Mount... more) throws IOException {
        return run(stopped(script, readonly, more));
    }

    ContainerRecord run(ContainerRecord container) throws IOException {
        runtime.create(container.spec());
        lastStarted = container.id();
        var process = runtime.start(container.spec(), new Output());
        return container.withStartAttempted(true).withProcess(process);
    }

    private final class Output implements OutputSink {
        @Override
        public boolean write(Stream stream, ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            synchronized (output) {
                output.writeBytes(copy);
                output.notifyAll();
            }
            return true;
        }

        @Override
        public void end(Stream stream) {}
    }

    /** Until the containers have written the text. */
    void awaitOutput(String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        synchronized (output) {
            while (!output.toString(UTF_8).contains(text)) {
                long leftMs = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMs <= 0) {
                    throw new AssertionError("no \"" + text + "\" in the output: " + output.toString(UTF_8));
                }
                output.wait(leftMs);
            }
        }
    }

    void awaitExit() throws Exception {
        int code = runtime.exit(lastStarted).get(TIMEOUT_S, TimeUnit.SECONDS).exitCode();
        if (code != 0) {
            throw new AssertionError("exit code " + code + ": " + output.toString(UTF_8));
        }
    }

    @Override
    public void close() throws IOException {
        for (String id : runtime.known()) {
            runtime.delete(id);
        }
        runtime.removeInstanceCgroup();
        runtime.close();
    }
}
