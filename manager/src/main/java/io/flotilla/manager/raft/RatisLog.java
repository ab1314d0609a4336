package io.flotilla.manager.raft;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/**
 * The log on Apache Ratis, with gRPC between members and an fsync before every acknowledgement. Proposals go straight to
 * the division in this JVM, without client, connection or thread hop. Entries are applied, and proposals completed, on
 * Ratis' updater thread.
 */
public final class RatisLog implements ConsensusLog {
    private static final Duration MEMBERSHIP_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration TRANSFER_TIMEOUT = Duration.ofSeconds(10);

    private final RaftServer server;
    private final RaftServer.Division division;
    private final RaftClientAsynchronousProtocol proposals;
    private final RatisStateMachine machine;
    private final LeadershipTeller teller;
    private final RaftPeerId self;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong callIds = new AtomicLong();

    private RatisLog(RaftServer server, RaftServer.Division division, RatisStateMachine machine, StateMachine target) {
        this.server = server;
        this.division = division;
        this.machine = machine;
        this.self = server.getId();
        if (!(division instanceof RaftClientAsynchronousProtocol direct)) {
            throw new IllegalStateException(division.getClass() + " takes no requests");
        }
        this.proposals = direct;
        this.teller = new LeadershipTeller(
                "raft-leadership",
                target,
                claim -> isLeader() && division.getInfo().getCurrentTerm() == claim.term());
        machine.teller(teller);
    }

    /**
     * Starts a member; returns when its snapshot is restored and its log open, before there is a leader.
     *
     * @throws IOException the directory, its content or the address cannot be used
     */
    public static RatisLog start(RatisConfig config, StateMachine target) throws IOException {
        RaftGroupId groupId =
                RaftGroupId.valueOf(UUID.nameUUIDFromBytes(config.clusterId().getBytes(StandardCharsets.UTF_8)));
        List<RaftPeer> founders = config.founders().stream().map(RatisLog::peer).toList();
        // a directory without this file has never voted nor acknowledged anything
        Path storage = config.dir().resolve(groupId.getUuid().toString());
        boolean started = Files.exists(storage.resolve("current").resolve("raft-meta"));
        Files.createDirectories(config.dir());
        TornEntry.cutOff(storage);
        var machine = new RatisStateMachine(config.self().id(), target);
        RaftServer server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(config.self().id()))
                .setStateMachine(machine)
                .setProperties(RatisProperties.of(config))
                .setGroup(founders.isEmpty() ? RaftGroup.valueOf(groupId) : RaftGroup.valueOf(groupId, founders))
                .setOption(started ? RaftStorage.StartupOption.RECOVER : RaftStorage.StartupOption.FORMAT)
                .build();
        try {
            var log = new RatisLog(server, server.getDivision(groupId), machine, target);
            server.start();
            return log;
        } catch (IOException | RuntimeException e) {
            machine.closing();
            server.close();
            throw e;
        }
    }

    @Override
    public CompletableFuture<Long> propose(byte[] entry) {
        if (entry.length > MAX_ENTRY_BYTES) {
            return CompletableFuture.failedFuture(new RaftException.EntryTooLarge(entry.length, MAX_ENTRY_BYTES));
        }
        long callId = callIds.incrementAndGet();
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(self)
                .setGroupId(division.getMemberId().getGroupId())
                .setCallId(callId)
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(entry)))
                .setType(RaftClientRequest.writeRequestType())
                .build();
        var outcome = new CompletableFuture<Long>();
        CompletableFuture<?> unused = submit(() -> proposals.submitClientRequestAsync(request))
                .whenComplete((reply, failure) -> answer(outcome, callId, reply, failure));
        return outcome;
    }

    private void answer(
            CompletableFuture<Long> outcome,
            long callId,
            @Nullable RaftClientReply reply,
            @Nullable Throwable failure) {
        boolean inLog = machine.takeAppended(callId);
        Throwable cause = cause(reply, failure);
        if (cause != null) {
            outcome.completeExceptionally(
                    inLog
                            ? new RaftException.OutcomeUnknown(
                                    self + " lost the lead or closed: " + cause.getMessage(), cause)
                            : refusal(cause));
        } else if (reply != null) {
            outcome.complete(reply.getLogIndex());
        }
    }

    @Override
    public List<Member> members() {
        return division.getRaftConf().getCurrentPeers().stream()
                .map(RatisLog::member)
                .toList();
    }

    @Override
    public @Nullable Member leader() {
        RaftPeerId leader = division.getInfo().getLeaderId();
        RaftPeer peer = leader == null ? null : division.getRaftConf().getPeer(leader);
        return peer == null ? null : member(peer);
    }

    @Override
    public boolean isLeader() {
        DivisionInfo info = division.getInfo();
        return info.isAlive() && info.isLeader() && info.isLeaderReady();
    }

    @Override
    public long term() {
        return division.getInfo().getCurrentTerm();
    }

    @Override
    public long lastAppliedIndex() {
        return Math.max(0, machine.getLastAppliedTermIndex().getIndex());
    }

    @Override
    public CompletableFuture<Void> addMember(Member added) {
        return changeMembers(peers -> {
            peers.removeIf(peer -> peer.getId().toString().equals(added.id()));
            peers.add(peer(added));
            return peers;
        });
    }

    @Override
    public CompletableFuture<Void> removeMember(String memberId) {
        return changeMembers(peers -> {
            peers.removeIf(peer -> peer.getId().toString().equals(memberId));
            return peers;
        });
    }

    private CompletableFuture<Void> changeMembers(UnaryOperator<List<RaftPeer>> change) {
        List<RaftPeer> current = List.copyOf(division.getRaftConf().getCurrentPeers());
        List<RaftPeer> changed = change.apply(new ArrayList<>(current));
        // refused when another change came between: two at once could otherwise undo each other
        var arguments = SetConfigurationRequest.Arguments.newBuilder()
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                .setServersInCurrentConf(current)
                .setServersInNewConf(changed)
                .build();
        var request = new SetConfigurationRequest(
                clientId, self, division.getMemberId().getGroupId(), callIds.incrementAndGet(), arguments);
        return done(submit(() -> server.setConfigurationAsync(request)), MEMBERSHIP_TIMEOUT);
    }

    @Override
    public CompletableFuture<Void> transferLeadership(String memberId) {
        var request = new TransferLeadershipRequest(
                clientId,
                self,
                division.getMemberId().getGroupId(),
                callIds.incrementAndGet(),
                RaftPeerId.valueOf(memberId),
                TRANSFER_TIMEOUT.toMillis());
        return done(submit(() -> server.transferLeadershipAsync(request)), TRANSFER_TIMEOUT.multipliedBy(2));
    }

    @Override
    public CompletableFuture<Long> snapshot() {
        return machine.captureSnapshot()
                .thenCompose(index -> division.getRaftLog().purge(index).thenApply(purged -> index));
    }

    @Override
    public void close() {
        machine.closing();
        teller.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new IllegalStateException("stopping the log of " + self, e);
        }
    }

    private interface Submission {
        CompletableFuture<RaftClientReply> submit() throws IOException;
    }

    private static CompletableFuture<RaftClientReply> submit(Submission submission) {
        try {
            return submission.submit();
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Void> done(CompletableFuture<RaftClientReply> reply, Duration timeout) {
        var outcome = new CompletableFuture<Void>();
        CompletableFuture<?> unused = reply.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((answer, failure) -> {
                    Throwable cause = cause(answer, failure);
                    if (cause == null) {
                        outcome.complete(null);
                    } else {
                        outcome.completeExceptionally(refusal(cause));
                    }
                });
        return outcome;
    }

    private static @Nullable Throwable cause(@Nullable RaftClientReply reply, @Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == null && reply != null && !reply.isSuccess() ? reply.getException() : cause;
    }

    private RaftException refusal(Throwable cause) {
        if (cause instanceof NotLeaderException notLeader) {
            RaftPeer suggested = notLeader.getSuggestedLeader();
            return new RaftException.NotLeader(self.toString(), suggested == null ? null : member(suggested));
        }
        return new RaftException.Unavailable(self + ": " + cause.getMessage(), cause);
    }

    private static RaftPeer peer(Member member) {
        return RaftPeer.newBuilder()
                .setId(member.id())
                .setAddress(member.address())
                .build();
    }

    static Member member(RaftPeer peer) {
        return new Member(peer.getId().toString(), peer.getAddress());
    }
}
