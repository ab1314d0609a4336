package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageAssembly;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A host in memory that outlives the agents on it, and can end an agent at any call it makes. */
final class FakeHost {
    static final String IMAGE = "sha256:" + "a".repeat(64);

    private final Path folder;
    private final Map<String, Process> processes = new HashMap<>();
    private final Set<String> created = new HashSet<>();
    private final Map<String, Attachment> attached = new TreeMap<>();
    private final Set<String> snapshots = new HashSet<>();
    private final Set<String> images = new HashSet<>(Set.of(IMAGE));
    private final List<String> calls = new ArrayList<>();
    private Set<IngressPort> published = Set.of();
    private final Set<Integer> takenPorts = new HashSet<>();
    private @Nullable RuntimeFailure startFailure;
    private boolean ignoresStopSignal;
    private int starts;
    private int probeExit;
    private String probeOutput = "";

    /** What ends an agent as kill -9 does: nothing of it goes on. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** How often the network was opened or looked after. */
    final Semaphore networkChecks = new Semaphore(0);

    private record Process(RunningProcess process, CompletableFuture<Exit> exit) {}

    FakeHost(Path folder) {
        this.folder = folder;
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    synchronized int starts() {
        return starts;
    }

    synchronized void awaitStarts(int count) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (starts < count) {
            long leftMs = Duration.ofNanos(end - System.nanoTime()).toMillis();
            assertThat(leftMs).as("%d of %d starts", starts, count).isPositive();
            wait(leftMs);
        }
    }

    synchronized Set<IngressPort> published() {
        return published;
    }

    synchronized void takePort(int port) {
        takenPorts.add(port);
    }

    synchronized void freePort(int port) {
        takenPorts.remove(port);
    }

    synchronized void failStarts(RuntimeFailure failure) {
        startFailure = failure;
    }

    synchronized void ignoreStopSignal() {
        ignoresStopSignal = true;
    }

    synchronized void loseImage() {
        images.clear();
    }

    synchronized boolean empty() {
        return created.isEmpty() && attached.isEmpty() && snapshots.isEmpty() && processes.isEmpty();
    }

    synchronized void awaitEmpty() throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!empty()) {
            long leftMs = Duration.ofNanos(end - System.nanoTime()).toMillis();
            assertThat(leftMs).as("%s is left; calls: %s", left(), calls).isPositive();
            wait(leftMs);
        }
    }

    private synchronized void tellOfCall() {
        notifyAll();
    }

    synchronized String left() {
        return "created " + created + ", attached " + attached + ", snapshots " + snapshots + ", processes "
                + processes.keySet();
    }

    /** How processes executed in containers end from now on, and what they say. */
    synchronized void probes(int exitCode, String output) {
        probeExit = exitCode;
        probeOutput = output;
    }

    /** No process outlives a machine's start. */
    synchronized void boot() {
        processes.clear();
        created.clear();
        attached.clear();
    }

    private record Probe(CompletableFuture<Exit> exit) implements ExecProcess {
        @Override
        public int pid() {
            return 1;
        }

        @Override
        public OutputStream stdin() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public void resize(int rows, int columns) {}

        @Override
        public void signal(int number) {}

        @Override
        public void resumeOutput() {}
    }

    void exit(int code) {
        List<Process> running;
        synchronized (this) {
            running = List.copyOf(processes.values());
        }
        running.forEach(process -> process.exit().complete(new Exit(code, false, Instant.now(), true)));
    }

    /** One agent's ports on this host; once it has crashed every call crashes. */
    final class Ports {
        private final AtomicInteger left;
        private final boolean before;
        private volatile boolean dead;

        /** @param crashAt number of the call that crashes, from 0 on; before it or after it has done its work */
        Ports(int crashAt, boolean before) {
            this.left = new AtomicInteger(crashAt);
            this.before = before;
        }

        ContainerRuntime runtime() {
            return guard(ContainerRuntime.class, new Runtime());
        }

        ImageStore images() {
            return guard(ImageStore.class, new Images());
        }

        ContainerNetwork network() {
            return guard(ContainerNetwork.class, new Network());
        }

        boolean dead() {
            return dead;
        }

        private <T> T guard(Class<T> port, T real) {
            return port.cast(
                    Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, arguments) -> {
                        boolean crash = left.getAndDecrement() == 0;
                        if (dead || crash && before) {
                            dead = true;
                            throw new Crash();
                        }
                        try {
                            Object result = method.invoke(real, arguments);
                            if (crash) {
                                dead = true;
                                throw new Crash();
                            }
                            return result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        } finally {
                            tellOfCall();
                        }
                    }));
        }
    }

    private void called(String what) {
        calls.add(what);
    }

    private final class Runtime implements ContainerRuntime {
        @Override
        public void create(RuntimeSpec spec) {
            synchronized (FakeHost.this) {
                created.add(spec.id());
            }
        }

        @Override
        public RunningProcess start(RuntimeSpec spec, OutputSink output) throws RuntimeFailure {
            synchronized (FakeHost.this) {
                called("start");
                if (startFailure != null) {
                    throw startFailure;
                }
                starts++;
                FakeHost.this.notifyAll();
                // a pid that /proc knows
                RunningProcess process =
                        new RunningProcess((int) ProcessHandle.current().pid(), 1);
                processes.put(spec.id(), new Process(process, new CompletableFuture<>()));
                return process;
            }
        }

        @Override
        public Optional<RunningProcess> adopt(RuntimeSpec spec, RunningProcess process, OutputSink output) {
            synchronized (FakeHost.this) {
                Process known = processes.computeIfAbsent(
                        spec.id(),
                        id -> new Process(process, CompletableFuture.completedFuture(Exit.unknown(Instant.now()))));
                return known.exit().isDone() ? Optional.empty() : Optional.of(known.process());
            }
        }

        @Override
        public CompletableFuture<Exit> exit(String containerId) {
            synchronized (FakeHost.this) {
                Process process = processes.get(containerId);
                return process == null
                        ? CompletableFuture.failedFuture(new NoSuchElementException(containerId))
                        : process.exit().copy();
            }
        }

        @Override
        public void signal(String containerId, int signal) {
            Process process;
            synchronized (FakeHost.this) {
                called("signal " + signal);
                process = processes.get(containerId);
                if (process == null || ignoresStopSignal && signal != 9) {
                    return;
                }
            }
            process.exit().complete(new Exit(128 + signal, false, Instant.now(), true));
        }

        @Override
        public void resumeOutput(String containerId) {}

        @Override
        public OutputStream stdin(String containerId) throws RuntimeFailure {
            throw unsupported("stdin");
        }

        @Override
        public void resize(String containerId, int rows, int columns) throws RuntimeFailure {
            throw unsupported("resize");
        }

        @Override
        public void pause(String containerId) {
            called("pause");
        }

        @Override
        public void unpause(String containerId) {
            called("unpause");
        }

        @Override
        public void update(String containerId, RuntimeSpec.Resources resources) {
            called("update");
        }

        @Override
        public ExecProcess exec(String containerId, ExecSpec exec, OutputSink output) throws RuntimeFailure {
            synchronized (FakeHost.this) {
                called("exec " + exec.process().args());
                output.write(OutputSink.Stream.STDOUT, ByteBuffer.wrap(probeOutput.getBytes(StandardCharsets.UTF_8)));
                return new Probe(CompletableFuture.completedFuture(new Exit(probeExit, false, Instant.now(), true)));
            }
        }

        private static RuntimeFailure unsupported(String what) {
            return new RuntimeFailure("this host has no " + what, 128, false, null);
        }

        @Override
        public void delete(String containerId) {
            synchronized (FakeHost.this) {
                created.remove(containerId);
                processes.remove(containerId);
            }
        }

        @Override
        public Optional<ResourceUsage> usage(String containerId) {
            return Optional.empty();
        }

        @Override
        public List<Integer> processes(String containerId) {
            synchronized (FakeHost.this) {
                Process process = processes.get(containerId);
                return process == null ? List.of() : List.of(process.process().pid());
            }
        }

        @Override
        public List<String> known() {
            synchronized (FakeHost.this) {
                return List.copyOf(created);
            }
        }

        @Override
        public void close() {}
    }

    private final class Images implements ImageStore {
        @Override
        public List<StoredImage> load(InputStream archive, Consumer<ObjectNode> progress) throws IOException {
            String id = new String(archive.readAllBytes(), StandardCharsets.UTF_8);
            synchronized (FakeHost.this) {
                images.add(id);
            }
            return List.of(image(id));
        }

        private StoredImage image(String id) {
            ObjectNode config = Codec.JSON.mapper().createObjectNode();
            config.putObject("config").putArray("Cmd").add("serve");
            return new StoredImage(id, List.of(), config, List.of(), 1, Instant.EPOCH);
        }

        @Override
        public List<StoredImage> list() {
            synchronized (FakeHost.this) {
                return images.stream().map(this::image).toList();
            }
        }

        @Override
        public Optional<StoredImage> find(String imageId) {
            return list().stream().filter(image -> image.id().equals(imageId)).findFirst();
        }

        @Override
        public void remove(String imageId) throws ImageRefused {
            synchronized (FakeHost.this) {
                if (!snapshots.isEmpty()) {
                    throw new ImageRefused(ImageRefused.Reason.CONFLICT, "in use");
                }
                images.remove(imageId);
            }
        }

        @Override
        public void save(List<Named> named, OutputStream to) {
            throw new UnsupportedOperationException("save");
        }

        @Override
        public ImageAssembly assemble() {
            throw new UnsupportedOperationException("assemble");
        }

        @Override
        public List<LayerBlob> layers(String imageId) {
            throw new UnsupportedOperationException("layers");
        }

        @Override
        public byte[] configuration(String imageId) {
            throw new UnsupportedOperationException("configuration");
        }

        @Override
        public Snapshot prepare(String containerId, String imageId) {
            synchronized (FakeHost.this) {
                snapshots.add(containerId);
            }
            return new Snapshot(List.of(folder.resolve("layer")), folder.resolve("upper"), folder.resolve("work"));
        }

        @Override
        public void release(String containerId) {
            synchronized (FakeHost.this) {
                snapshots.remove(containerId);
            }
        }

        @Override
        public long writableBytes(String containerId) {
            return 0;
        }

        @Override
        public List<String> snapshots() {
            synchronized (FakeHost.this) {
                return List.copyOf(snapshots);
            }
        }
    }

    private final class Network implements ContainerNetwork {
        @Override
        public void open() {
            networkChecks.release();
        }

        @Override
        public Attachment attach(String containerId, @Nullable String macAddress, List<PortMapping> ports)
                throws PortTaken {
            synchronized (FakeHost.this) {
                for (PortMapping port : ports) {
                    if (takenPorts.contains(port.hostPort())) {
                        throw taken(port.hostPort());
                    }
                }
                return attached.computeIfAbsent(
                        containerId,
                        id -> new Attachment(
                                folder.resolve("netns"),
                                InetAddress.ofLiteral("172.17.0." + (attached.size() + 2)),
                                16,
                                InetAddress.ofLiteral("172.17.0.1"),
                                "02:42:ac:11:00:02",
                                ports));
            }
        }

        private PortTaken taken(int port) {
            return new PortTaken(Protocol.TCP, port, "Bind for 0.0.0.0:" + port + " failed: port is already allocated");
        }

        @Override
        public Attachment isolate(String containerId) {
            throw new UnsupportedOperationException("isolate");
        }

        @Override
        public void detach(String containerId) {
            synchronized (FakeHost.this) {
                attached.remove(containerId);
            }
        }

        @Override
        public List<PortTaken> publish(Set<IngressPort> ports) {
            synchronized (FakeHost.this) {
                called("publish " + ports.size());
                published = Set.copyOf(ports);
                return ports.stream()
                        .filter(port -> takenPorts.contains(port.publishedPort()))
                        .map(port -> taken(port.publishedPort()))
                        .toList();
            }
        }

        @Override
        public Map<String, Long> connections(Set<String> containerIds) {
            return Map.of();
        }
    }
}
