package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Cluster;
import io.flotilla.agent.LiveBus;
import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.container.Volumes;
import io.flotilla.agent.csi.ClusterVolumes;
import io.flotilla.agent.csi.plugin.CsiPlugins;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.agent.value.ValueFiles;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.seal.NodeKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A reconciler over a host in memory, with the managers played by the test. Both may be taken away and come again. */
abstract class ReconciledHost {
    static final NodeKey NODE_KEY = NodeKey.of(new byte[32]);
    static final TaskSpec SPEC = TaskSpecBuilder.builder()
            .containerSpec(ContainerSpecBuilder.builder().image("box:latest").build())
            .build();

    private static final int NEVER = -1;

    Path folder;
    FakeHost host;
    LiveBus bus = new LiveBus();
    Cluster cluster = new Cluster(bus, "node1");
    private final Queue<Throwable> bugs = new ConcurrentLinkedQueue<>();
    private @Nullable Reconciler reconciler;

    @BeforeEach
    void prepare(@TempDir Path temporary) {
        folder = temporary;
        host = new FakeHost(folder);
    }

    @AfterEach
    void takeAway() throws IOException {
        close();
        ValueFiles.removeAll(folder.resolve("open-values"));
        assertThat(bugs).isEmpty();
    }

    /** Ends the reconciler; the host keeps what it has. */
    void close() {
        if (reconciler != null) {
            reconciler.close();
            reconciler = null;
        }
    }

    Reconciler start() throws IOException {
        return start(bugs::add);
    }

    Reconciler start(Consumer<Throwable> onBug) throws IOException {
        return start(host.new Ports(NEVER, false), onBug);
    }

    private Reconciler start(FakeHost.Ports ports, Consumer<Throwable> onBug) throws IOException {
        NodeIdentity node = new NodeIdentity("node1", "host1", "x86_64");
        HeldValues values = HeldValues.open(folder.resolve("values"), NODE_KEY);
        Reconciler started = new Reconciler(new Reconciler.Parts(
                node,
                folder.resolve("data"),
                bus,
                ports.runtime(),
                ports.images(),
                ReconciledHost::fetch,
                ReconciledHost::pull,
                ports.network(),
                new ContainerLogs(InstantSource.system()),
                Volumes.none(),
                values,
                new ValueFiles(values, node, folder.resolve("open-values")),
                new ClusterVolumes(new ClusterVolumes.Parts(
                        "node1",
                        folder.resolve("csi"),
                        new CsiPlugins(folder.resolve("csi/plugins"), InstantSource.system()),
                        values,
                        onBug)),
                InstantSource.system(),
                outbox -> {},
                onBug));
        reconciler = started;
        started.start();
        return started;
    }

    private static ImageInventory.Pulled pull(String reference, @Nullable String registryAuth) throws IOException {
        throw new IOException("manifest for " + reference + " not found");
    }

    private static InputStream fetch(String imageId, Holder from) throws IOException {
        if (from.nodeId().equals("broken")) {
            throw new IOException("connection refused");
        }
        return new ByteArrayInputStream(imageId.getBytes(StandardCharsets.UTF_8));
    }

    /** What the managers and users do to a started reconciler. */
    interface Life {
        void live(Reconciler started)
                throws IOException, InterruptedException, ExecutionException, TimeoutException, ActionRefused;
    }

    /**
     * Lives a life again and again on a fresh host, the agent killed before or after one call later to it each time, until it
     * lives to the end.
     *
     * @param next what is done to the agent that comes after one that was killed
     * @param over what must hold then; told which call it was
     */
    void killedAtAnyStep(Life life, Life next, IntConsumer over) throws Exception {
        for (boolean before : new boolean[] {true, false}) {
            boolean killed = true;
            for (int call = 0; killed; call++) {
                folder = folder.resolve("run" + call + before);
                host = new FakeHost(folder);
                bus = new LiveBus();
                cluster = new Cluster(bus, "node1");
                killed = isKilledAt(host.new Ports(call, before), life);
                if (killed) {
                    next.live(start());
                }
                over.accept(call);
                close();
            }
        }
    }

    private boolean isKilledAt(FakeHost.Ports ports, Life life) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        Thread living = Thread.ofVirtual().start(() -> {
            try {
                life.live(start(ports, bug -> over.countDown()));
            } catch (FakeHost.Crash
                    | IOException
                    | AssertionError
                    | ExecutionException
                    | ActionRefused
                    | TimeoutException crash) {
                // the agent is dead, or would not answer the dead one's waits
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
            over.countDown();
        });
        assertThat(over.await(20, TimeUnit.SECONDS)).isTrue();
        living.interrupt();
        living.join();
        close();
        return ports.dead();
    }

    /** Waits until neither the host nor the journal has anything left. @param journal its folder in the agent's data */
    void awaitNothingLeft(String journal) throws IOException, InterruptedException {
        Path records = Files.createDirectories(folder.resolve("data").resolve(journal));
        try (WatchService removals = records.getFileSystem().newWatchService()) {
            records.register(removals, StandardWatchEventKinds.ENTRY_DELETE);
            do {
                host.awaitEmpty();
                awaitNoRecord(records, removals);
                // an agent that comes again may bring back what its records tell of, until they have gone
            } while (!host.empty());
        }
    }

    private void awaitNoRecord(Path records, WatchService removals) throws IOException, InterruptedException {
        for (List<String> left = names(records); !left.isEmpty(); left = names(records)) {
            WatchKey removal = removals.poll(30, TimeUnit.SECONDS);
            assertThat(removal)
                    .as("records %s are left; calls: %s", left, host.calls())
                    .isNotNull();
            removal.pollEvents();
            removal.reset();
        }
    }

    private static List<String> names(Path records) throws IOException {
        try (Stream<Path> files = Files.list(records)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
