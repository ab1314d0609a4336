package io.flotilla.manager;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.rpc.ManagerStatusReply;
import io.flotilla.bus.topic.Bus;
import io.flotilla.manager.control.Canary;
import io.flotilla.manager.control.ControlMetrics;
import io.flotilla.manager.control.ControlService;
import io.flotilla.manager.control.Controller;
import io.flotilla.manager.control.Replica;
import io.flotilla.manager.control.core.ControlCore;
import io.flotilla.manager.dispatch.AppliedLog;
import io.flotilla.manager.dispatch.Dispatcher;
import io.flotilla.manager.node.NodeLiveness;
import io.flotilla.manager.raft.ConsensusLog;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.Member;
import io.flotilla.manager.raft.RatisConfig;
import io.flotilla.manager.raft.RatisLog;
import io.flotilla.manager.seal.CommandSeal;
import io.flotilla.manager.seal.DataKeys;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Ids;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One manager: its copy of the cluster, and while it leads the decisions, their publication and the canary. Three threads
 * of its own beside the log's and the bus': controller, dispatcher, canary. Any thread may call.
 */
public final class Manager implements AutoCloseable {
    private static final long RETRY_MS = 250;
    private static final long STOP_SECONDS = 10;
    /** In the manager's data folder. */
    private static final String DATA_KEYS = "data-keys.json";

    private final ManagerConfig config;
    private final ConsensusLog log;
    private final Replica replica;
    private final Controller controller;
    private final Dispatcher dispatcher;
    private final CommandSeal seal;
    private final Semaphore toPublish = new Semaphore(0);
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("manager-canary").daemon().factory());
    private final ScheduledFuture<?> beating;
    private final Thread controlThread;
    private final Thread dispatchThread;
    private volatile boolean closed;

    private Manager(
            ManagerConfig config,
            ConsensusLog log,
            Replica replica,
            AppliedLog applied,
            Bus bus,
            DataKeys keys,
            Consumer<Throwable> fatal) {
        this.config = config;
        this.log = log;
        this.replica = replica;
        this.dispatcher = new Dispatcher(bus, applied, replica::state, keys, this::commits);
        this.seal = new CommandSeal(keys);
        SecureRandom random = new SecureRandom();
        this.controller = new Controller(
                log,
                replica::state,
                bus,
                () -> new ControlCore(config.nodeId(), ControlLoops.standard(), new Ids(random)),
                InstantSource.system(),
                this::leads,
                fatal);
        this.controlThread =
                Thread.ofPlatform().name("manager-control").daemon().unstarted(controller::run);
        this.dispatchThread =
                Thread.ofPlatform().name("manager-dispatch").daemon().unstarted(() -> dispatch(fatal));
        Canary canary = new Canary(bus, config.nodeId());
        long beatMs = NodeLiveness.BEAT.toMillis();
        this.beating = beats.scheduleAtFixedRate(() -> beat(canary), 0, beatMs, TimeUnit.MILLISECONDS);
    }

    /**
     * Starts the manager: its log, read from disk, and then the threads. Whether it leads shows in {@link #status}.
     *
     * @param fatal told once of a failure after which the process must end: a damaged log, a bug
     * @throws IOException the log or the topics could not be opened; what was started is closed again
     */
    public static Manager start(ManagerConfig config, Bus bus, Consumer<Throwable> fatal) throws IOException {
        return start(config, () -> bus, fatal);
    }

    /** Gives the bus, waiting until it answers. */
    public interface BusSource {
        Bus await() throws IOException;
    }

    /** As the other, for a bus that starts at the same time: it is waited for once the log is open. */
    public static Manager start(ManagerConfig config, BusSource source, Consumer<Throwable> fatal) throws IOException {
        DataKeys keys = DataKeys.open(config.dataDir().resolve(DATA_KEYS));
        AppliedLog applied = new AppliedLog();
        Leaderships leaderships = new Leaderships();
        Replica replica = new Replica(applied, leaderships::tell, fatal);
        Member self = config.self().member();
        RatisLog log = RatisLog.start(
                new RatisConfig(
                        config.groupId(),
                        self,
                        config.dataDir(),
                        config.managers().stream()
                                .map(ManagerConfig.Peer::member)
                                .toList()),
                replica);
        Bus bus;
        try {
            bus = source.await();
            bus.createTopics();
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
        Manager manager = new Manager(config, log, replica, applied, bus, keys, fatal);
        applied.onApplied(manager.toPublish::release);
        leaderships.follow(manager.controller::leaderChanged);
        manager.controlThread.start();
        manager.dispatchThread.start();
        return manager;
    }

    /** Runs a command on this manager, which refuses when it does not lead. */
    public CompletableFuture<Reply> execute(Command command) {
        return controller.execute(seal.sealed(command)).thenApply(seal::disclosed);
    }

    /** The gRPC service that does the same for others. */
    public ControlService service() {
        return new ControlService(
                () -> new ControlService.Lead(controller.leads(), leaderAddress()),
                this::execute,
                () -> status().reply());
    }

    /** The newest state applied here, for tests and diagnosis; clients read flotilla.objects. */
    public ClusterState state() {
        return replica.state();
    }

    public ControlMetrics.Snapshot metrics() {
        return controller.metrics().snapshot();
    }

    /**
     * @param leaderId null while there is none
     * @param leader leads and takes commands
     * @param changedIndex of the last change applied here
     * @param publishedIndex of the last change on flotilla.objects, 0 on a follower
     * @param trouble what keeps the leader from publishing or hearing; null when nothing does
     */
    public record Status(
            String nodeId,
            @Nullable String leaderId,
            boolean leader,
            long term,
            long appliedIndex,
            long changedIndex,
            long publishedIndex,
            @Nullable String trouble) {
        ManagerStatusReply reply() {
            return ManagerStatusReply.newBuilder()
                    .setManagerId(nodeId)
                    .setLeaderId(Objects.requireNonNullElse(leaderId, ""))
                    .setLeader(leader)
                    .setTerm(term)
                    .setAppliedIndex(appliedIndex)
                    .setPublishedIndex(publishedIndex)
                    .build();
        }
    }

    public Status status() {
        Member leader = log.leader();
        String trouble = dispatcher.trouble() == null ? controller.trouble() : dispatcher.trouble();
        return new Status(
                config.nodeId(),
                leader == null ? null : leader.id(),
                controller.leads(),
                log.term(),
                log.lastAppliedIndex(),
                replica.state().changedIndex(),
                dispatcher.publishedIndex(),
                trouble);
    }

    /** Stops leading, publishing and the log. What was acknowledged stays. */
    @Override
    public void close() {
        closed = true;
        beating.cancel(true);
        beats.shutdownNow();
        controller.close();
        toPublish.release();
        join(controlThread);
        join(dispatchThread);
        log.close();
    }

    private long commits() {
        return controller.commits();
    }

    private void leads(boolean leads) {
        dispatcher.lead(leads);
        toPublish.release();
    }

    private void beat(Canary canary) {
        if (controller.leads()) {
            canary.beat();
        }
    }

    private void dispatch(Consumer<Throwable> fatal) {
        try (dispatcher) {
            while (!closed) {
                toPublish.drainPermits();
                if (dispatcher.step()) {
                    continue;
                }
                if (dispatcher.trouble() == null) {
                    toPublish.acquire();
                } else if (toPublish.tryAcquire(RETRY_MS, TimeUnit.MILLISECONDS)) {
                    continue;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            fatal.accept(e);
        }
    }

    private @Nullable String leaderAddress() {
        Member leader = log.leader();
        return leader == null
                ? null
                : config.managers().stream()
                        .filter(peer -> peer.nodeId().equals(leader.id()))
                        .map(ManagerConfig.Peer::controlAddress)
                        .findFirst()
                        .orElse(null);
    }

    private static void join(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The log may tell of a leader before there is anyone to hear it. */
    private static final class Leaderships {
        private final AtomicReference<@Nullable Leadership> last = new AtomicReference<>();
        private volatile @Nullable Consumer<Leadership> follower;

        void tell(Leadership leadership) {
            last.set(leadership);
            Consumer<Leadership> told = follower;
            if (told != null) {
                told.accept(leadership);
            }
        }

        void follow(Consumer<Leadership> told) {
            follower = told;
            Leadership missed = last.get();
            if (missed != null) {
                told.accept(missed);
            }
        }
    }
}
