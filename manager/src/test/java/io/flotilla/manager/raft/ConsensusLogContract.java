package io.flotilla.manager.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What any {@link ConsensusLog} promises its users; one implementation a subclass. */
abstract class ConsensusLogContract {
    record Running(ConsensusLog log, RecordingStateMachine machine) {}

    private static final int MOST_HANDOVERS = 5;

    final Map<String, Running> running = new LinkedHashMap<>();

    /** Starts a member; with no founders it waits to be added. */
    abstract ConsensusLog open(String id, List<String> founders, int snapshotThreshold, StateMachine machine)
            throws Exception;

    /** Lets the group work until the condition holds; fails when it never does. */
    abstract void await(BooleanSupplier condition);

    /** Lets the running members find a leader. */
    abstract void elect();

    abstract void stop(String id);

    abstract Member member(String id);

    @AfterEach
    void stopAll() {
        List.copyOf(running.keySet()).forEach(this::end);
    }

    @Test
    void entriesAreAppliedInTheOrderProposedAndAnsweredWithTheirIndex() throws Exception {
        Running leader = startAndElect(1000, "m1");
        List<CompletableFuture<Long>> answers = propose(leader, 0, 100);
        var indexes = new ArrayList<Long>();
        for (CompletableFuture<Long> answer : answers) {
            indexes.add(get(answer));
        }
        assertThat(leader.machine().entries().keySet()).containsExactlyElementsOf(indexes);
        assertThat(leader.machine().texts()).isEqualTo(texts(0, 100));
        assertThat(leader.log().lastAppliedIndex()).isEqualTo(indexes.getLast());
        assertThat(leader.log().members()).containsExactly(member("m1"));
        assertThat(leader.log().leader()).isEqualTo(member("m1"));
    }

    @Test
    void followerRefusesAndNamesTheLeader() throws Exception {
        Running leader = startAndElect(1000, "m1", "m2", "m3");
        Running follower = followers(leader).getFirst();
        await(() -> leader.log().leader() != null
                && leader.log().leader().equals(follower.log().leader()));
        assertThat(failure(follower.log().propose(bytes("no"))))
                .isInstanceOfSatisfying(RaftException.NotLeader.class, refused -> assertThat(refused.leader())
                        .isEqualTo(leader.log().leader()));
        assertThat(follower.log().isLeader()).isFalse();
    }

    @Test
    void everyMemberAppliesTheSame() throws Exception {
        Running leader = startAndElect(1000, "m1", "m2", "m3");
        getAll(propose(leader, 0, 200));
        for (Running follower : followers(leader)) {
            await(() -> follower.machine().entries().equals(leader.machine().entries()));
        }
    }

    @Test
    void restartedMemberHasItsSnapshotAndTheEntriesAfterIt() throws Exception {
        Running leader = startAndElect(1000, "m1");
        getAll(propose(leader, 0, 10));
        long snapshotIndex = get(leader.log().snapshot());
        getAll(propose(leader, 10, 15));
        var before = leader.machine().entries();
        Running again = restart("m1", 1000);
        await(() -> again.machine().entries().equals(before));
        assertThat(again.machine().restoredIndex()).isEqualTo(snapshotIndex);
        assertThat(again.machine().applied()).isEqualTo(5);
    }

    @Test
    void snapshotsShortenTheLogByThemselves() throws Exception {
        Running leader = startAndElect(50, "m1");
        for (int i = 0; i < 200; i += 10) {
            getAll(propose(leader, i, i + 10));
        }
        Running again = restart("m1", 50);
        await(() -> again.machine().texts().equals(texts(0, 200)));
        assertThat(again.machine().restoredIndex()).isPositive();
        assertThat(again.machine().applied()).isLessThan(200);
    }

    @Test
    void leadershipIsToldAfterEverythingCommittedBefore() throws Exception {
        Running leader = startAndElect(1000, "m1");
        getAll(propose(leader, 0, 50));
        long term = leader.log().term();
        Running again = restart("m1", 1000);
        elect();
        await(() -> again.machine().leads());
        assertThat(again.machine().entriesWhenLeading()).isEqualTo(50);
        assertThat(again.machine().leaderships().getLast().term()).isGreaterThan(term);
        assertThat(again.log().isLeader()).isTrue();
    }

    @Test
    void anotherMemberLeadsWhenTheLeaderIsGone() throws Exception {
        Running leader = startAndElect(1000, "m1", "m2", "m3");
        getAll(propose(leader, 0, 20));
        end(id(leader));
        elect();
        Running successor = leader();
        assertThat(successor.machine().texts()).isEqualTo(texts(0, 20));
        getAll(propose(successor, 20, 40));
        for (Running member : running.values()) {
            await(() -> member.machine().texts().equals(texts(0, 40)));
        }
    }

    @Test
    void memberThatWasAwayCatchesUpByASnapshot() throws Exception {
        Running leader = startAndElect(20, "m1", "m2", "m3");
        String away = id(followers(leader).getFirst());
        end(away);
        // enough that no implementation keeps it all beside the snapshot
        for (int i = 0; i < 5; i++) {
            Long unused = get(leader.log().propose(new byte[ConsensusLog.MAX_ENTRY_BYTES]));
        }
        getAll(propose(leader, 0, 100));
        List<String> before = leader.machine().texts();
        get(leader.log().snapshot());
        Running back = start(away, List.of("m1", "m2", "m3"), 20);
        await(() -> back.machine().texts().equals(before));
        assertThat(back.machine().restoredIndex()).isPositive();
        getAll(propose(leader, 100, 110));
        await(() -> back.machine().entries().equals(leader.machine().entries()));
        assertThat(back.machine().failure()).isNull();
    }

    @Test
    void addedMemberTakesPartAndRemovedOneDoesNot() throws Exception {
        Running leader = startAndElect(1000, "m1");
        getAll(propose(leader, 0, 10));
        Running added = start("m2", List.of(), 1000);
        get(leader.log().addMember(member("m2")));
        await(() -> added.machine().texts().equals(texts(0, 10)));
        assertThat(leader.log().members()).containsExactlyInAnyOrder(member("m1"), member("m2"));
        get(leader.log().removeMember("m2"));
        assertThat(leader.log().members()).containsExactly(member("m1"));
        end("m2");
        getAll(propose(leader, 10, 20));
    }

    @Test
    void leadershipIsHandedOver() throws Exception {
        Running leader = startAndElect(1000, "m1", "m2", "m3");
        getAll(propose(leader, 0, 10));
        String next = id(followers(leader).getFirst());
        handOver(next);
        await(() -> at(next).machine().leads());
        await(() -> !leader.machine().leads());
        assertThat(at(next).machine().entriesWhenLeading()).isEqualTo(10);
        getAll(propose(at(next), 10, 20));
    }

    /** Where another won an election meanwhile, as on a busy machine, that is refused and the next leader is asked. */
    private void handOver(String next) {
        for (int asked = 0; asked < MOST_HANDOVERS && leader() != at(next); asked++) {
            CompletableFuture<Void> handedOver = leader().log().transferLeadership(next);
            await(handedOver::isDone);
            if (!handedOver.isCompletedExceptionally()) {
                return;
            }
            assertThat(failure(handedOver))
                    .isInstanceOfAny(RaftException.Unavailable.class, RaftException.NotLeader.class);
        }
    }

    @Test
    void entryOverTheLimitIsRefusedAndTheLongestIsTaken() throws Exception {
        Running leader = startAndElect(1000, "m1");
        assertThat(failure(leader.log().propose(new byte[ConsensusLog.MAX_ENTRY_BYTES + 1])))
                .isInstanceOf(RaftException.EntryTooLarge.class);
        get(leader.log().propose(new byte[ConsensusLog.MAX_ENTRY_BYTES]));
        assertThat(leader.machine().texts().getLast().length()).isEqualTo(ConsensusLog.MAX_ENTRY_BYTES);
    }

    @Test
    void exceptionOfTheStateMachineStopsTheMember() throws Exception {
        Running leader = startAndElect(1000, "m1");
        CompletableFuture<Long> answer = leader.log().propose(bytes("poison"));
        await(() -> leader.machine().failure() != null);
        assertThat(leader.machine().failure()).hasMessageContaining("poisoned");
        assertThat(failure(answer)).isInstanceOf(RaftException.OutcomeUnknown.class);
    }

    @Test
    void closedLogRefuses() throws Exception {
        Running leader = startAndElect(1000, "m1");
        get(leader.log().propose(bytes("0")));
        leader.log().close();
        assertThat(failure(leader.log().propose(bytes("late"))))
                .isInstanceOfAny(RaftException.Unavailable.class, RaftException.NotLeader.class);
        assertThat(leader.log().isLeader()).isFalse();
        assertThat(leader.machine().failure()).isNull();
    }

    // ---- the group

    Running start(String id, List<String> founders, int snapshotThreshold) throws Exception {
        var machine = new RecordingStateMachine();
        var started = new Running(open(id, founders, snapshotThreshold, machine), machine);
        running.put(id, started);
        return started;
    }

    Running startAndElect(int snapshotThreshold, String... ids) throws Exception {
        for (String id : ids) {
            start(id, List.of(ids), snapshotThreshold);
        }
        elect();
        return leader();
    }

    Running restart(String id, int snapshotThreshold) throws Exception {
        end(id);
        Running again = start(id, List.of(id), snapshotThreshold);
        elect();
        return again;
    }

    void end(String id) {
        stop(id);
        running.remove(id);
    }

    Running leader() {
        await(() -> running.values().stream()
                .anyMatch(m -> m.machine().leads() && m.log().isLeader()));
        return running.values().stream()
                .filter(m -> m.log().isLeader())
                .findFirst()
                .orElseThrow();
    }

    List<Running> followers(Running leader) {
        return running.values().stream().filter(m -> m != leader).toList();
    }

    Running at(String id) {
        return Objects.requireNonNull(running.get(id), id);
    }

    String id(Running member) {
        return running.entrySet().stream()
                .filter(e -> e.getValue() == member)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static List<String> texts(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "entry-" + i).toList();
    }

    static List<CompletableFuture<Long>> propose(Running leader, int from, int to) {
        return texts(from, to).stream()
                .map(text -> leader.log().propose(bytes(text)))
                .toList();
    }

    <T> T get(CompletableFuture<T> future) throws Exception {
        await(future::isDone);
        return future.get(1, TimeUnit.SECONDS);
    }

    void getAll(List<CompletableFuture<Long>> futures) throws Exception {
        for (CompletableFuture<Long> future : futures) {
            Long unused = get(future);
        }
    }

    Throwable failure(CompletableFuture<?> future) {
        await(future::isDone);
        return catchThrowable(() -> {
            try {
                Object unused = future.get(1, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw e.getCause();
            }
        });
    }
}
