package io.flotilla.manager.raft;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Ratis' view of our {@link StateMachine}. Ratis applies, restores and asks for snapshots on its updater thread; the lock
 * lets another thread capture a snapshot between two entries. What our state machine throws ends the division: Ratis would
 * else log the failure of an entry and go on.
 */
final class RatisStateMachine extends BaseStateMachine {
    private final StateMachine machine;
    private final String selfId;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private final SnapshotFiles snapshots;
    private final Object applying = new Object();
    private final AtomicBoolean ended = new AtomicBoolean();
    /** Call ids of proposals that have reached the log, so that their failure leaves the outcome unknown. */
    private final Set<Long> appended = ConcurrentHashMap.newKeySet();

    private volatile @Nullable LeadershipTeller teller;
    private volatile boolean removed;
    private long configurationTerm;
    private long reportedSnapshot = RaftLog.INVALID_LOG_INDEX;

    RatisStateMachine(String selfId, StateMachine machine) {
        this.selfId = selfId;
        this.machine = machine;
        this.snapshots = new SnapshotFiles(storage, this::fail);
    }

    void teller(LeadershipTeller leadershipTeller) {
        teller = leadershipTeller;
    }

    boolean takeAppended(long callId) {
        return appended.remove(callId);
    }

    /** From now on the end of the division is what we want. */
    void closing() {
        ended.set(true);
        snapshots.close();
    }

    CompletableFuture<Long> captureSnapshot() {
        synchronized (applying) {
            return snapshots.write(getLastAppliedTermIndex(), machine::captureSnapshot);
        }
    }

    // ---- life

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage) throws IOException {
        getLifeCycle().startAndTransition(() -> {
            super.initialize(server, groupId, raftStorage);
            storage.init(raftStorage);
            load(storage.getLatestSnapshot());
        });
    }

    /** Ratis installs a snapshot only into a paused state machine, see {@link #reinitialize}. */
    @Override
    public void pause() {
        if (getLifeCycle().getCurrentState() == LifeCycle.State.RUNNING) {
            getLifeCycle().transition(LifeCycle.State.PAUSING);
            getLifeCycle().transition(LifeCycle.State.PAUSED);
        }
    }

    @Override
    public void reinitialize() throws IOException {
        load(storage.loadLatestSnapshot());
        if (getLifeCycle().getCurrentState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    /** Ratis closes the state machine whenever the division ends, also by a failure of its own. */
    @Override
    public void close() {
        fail(
                removed
                        ? new RaftException.Removed(selfId)
                        : new IOException("the Raft division of " + selfId + " stopped"));
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
        fail(cause);
    }

    private void fail(Throwable cause) {
        if (ended.compareAndSet(false, true)) {
            snapshots.close();
            machine.failed(cause);
        }
    }

    // ---- entries

    @Override
    public TransactionContext preAppendTransaction(TransactionContext context) {
        appended.add(context.getClientRequest().getCallId());
        return context;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext context) {
        LogEntryProto entry = context.getLogEntry();
        byte[] bytes = entry.getStateMachineLogEntry().getLogData().toByteArray();
        synchronized (applying) {
            try {
                machine.apply(entry.getIndex(), bytes);
            } catch (RuntimeException | Error e) {
                fail(e);
                throw e;
            }
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        }
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    // ---- leadership

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        configurationTerm = term;
        removed = configuration.getPeersList().stream()
                .noneMatch(peer -> peer.getId().toStringUtf8().equals(selfId));
    }

    /** Called on the updater thread when it has applied the leader's first entry, the configuration, of its term. */
    @Override
    public void notifyLeaderReady() {
        tell(configurationTerm, RaftPeerId.valueOf(selfId), true);
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) throws IOException {
        RaftServer.Division division = division();
        if (division != null) {
            tell(division.getInfo().getCurrentTerm(), null, false);
        }
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
        RaftServer.Division division = division();
        if (division != null && !leader.toString().equals(selfId)) {
            tell(division.getInfo().getCurrentTerm(), leader, false);
        }
    }

    private void tell(long term, @Nullable RaftPeerId leader, boolean self) {
        LeadershipTeller leadershipTeller = teller;
        RaftServer.Division division = division();
        if (leadershipTeller != null && division != null && !ended.get()) {
            Member member = leader == null
                    ? null
                    : RatisLog.member(division.getRaftConf().getPeer(leader));
            leadershipTeller.tell(new Leadership(term, member, self));
        }
    }

    private RaftServer.@Nullable Division division() {
        RaftServer server = getServer().getNow(null);
        try {
            return server == null ? null : server.getDivision(getGroupId());
        } catch (IOException e) {
            throw new IllegalStateException("the server does not know its own division", e);
        }
    }

    // ---- snapshots

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    /**
     * Starts to write one beside the updater thread and answers with the newest that is complete, which lets Ratis purge the
     * log up to there; Ratis asks again after the next entry as long as that is too old.
     */
    @Override
    public long takeSnapshot() {
        SingleFileSnapshotInfo complete = storage.getLatestSnapshot();
        if (complete != null && complete.getIndex() > reportedSnapshot) {
            reportedSnapshot = complete.getIndex();
            return reportedSnapshot;
        }
        CompletableFuture<Long> unused = captureSnapshot();
        return RaftLog.INVALID_LOG_INDEX;
    }

    private void load(@Nullable SingleFileSnapshotInfo snapshot) throws IOException {
        if (snapshot == null) {
            return;
        }
        Path file = snapshot.getFile().getPath();
        if (!snapshot.hasMd5()) {
            throw new IOException("snapshot " + file + " has no checksum beside it");
        }
        MD5FileUtil.verifySavedMD5(file.toFile(), MD5FileUtil.computeMd5ForFile(file.toFile()));
        synchronized (applying) {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 64 * 1024)) {
                machine.readSnapshot(snapshot.getIndex(), in);
            }
            setLastAppliedTermIndex(TermIndex.valueOf(snapshot.getTerm(), snapshot.getIndex()));
            reportedSnapshot = snapshot.getIndex();
        }
    }
}
