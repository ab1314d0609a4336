package io.flotilla.manager.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MemoryLogTest extends ConsensusLogContract {
    private @Nullable MemoryGroup group;

    @Override
    ConsensusLog open(String id, List<String> founders, int snapshotThreshold, StateMachine machine) {
        if (group == null) {
            group = new MemoryGroup(snapshotThreshold);
        }
        return founders.isEmpty() ? group.startJoining(member(id), machine) : group.start(member(id), machine);
    }

    @Override
    void await(BooleanSupplier condition) {
        group().run();
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Override
    void elect() {
        group().elect(running.keySet().iterator().next());
        group().run();
    }

    @Override
    void stop(String id) {
        at(id).log().close();
    }

    @Override
    Member member(String id) {
        return new Member(id, id + ":1");
    }

    @Test
    void nothingHappensUnlessSteppedAndAFollowerMayLag() throws Exception {
        Running leader = startAndElect(1000, "m1", "m2");
        CompletableFuture<Long> answer = leader.log().propose(bytes("a"));
        assertThat(group().commitNext()).isTrue();
        assertThat(answer).isNotDone();
        assertThat(group().applyNext("m1")).isTrue();
        assertThat(answer).isDone();
        assertThat(at("m2").machine().texts()).isEmpty();
        assertThat(group().applyNext("m2")).isTrue();
        assertThat(at("m2").machine().texts()).containsExactly("a");
        assertThat(group().applyNext("m2")).isFalse();
    }

    @Test
    void isolatedLeaderCommitsNothingAndItsEntriesSurviveAsFarAsToldTo() throws Exception {
        Running old = startAndElect(1000, "m1", "m2", "m3");
        group().isolate("m1");
        List<CompletableFuture<Long>> answers = propose(old, 0, 3);
        group().run();
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        assertThat(old.log().isLeader()).isTrue();

        group().elect("m2", 2);
        group().run();
        group().heal("m1");
        group().run();
        assertThat(old.log().isLeader()).isFalse();
        for (CompletableFuture<Long> answer : answers) {
            assertThat(failure(answer)).isInstanceOf(RaftException.OutcomeUnknown.class);
        }
        for (Running member : running.values()) {
            assertThat(member.machine().texts()).isEqualTo(texts(0, 2));
        }
        assertThat(at("m2").machine().entriesWhenLeading()).isEqualTo(2);
    }

    @Test
    void nobodyIsElectedWithoutAMajority() throws Exception {
        startAndElect(1000, "m1", "m2", "m3");
        group().crash("m1");
        group().isolate("m2");
        assertThatThrownBy(() -> group().elect("m3")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void leaderThatIsNotHeardIsDeposedAndLearnsOfItAtOnce() throws Exception {
        Running old = startAndElect(1000, "m1", "m2", "m3");
        group().cut("m1", "m2");
        group().cut("m1", "m3");
        CompletableFuture<Long> answer = old.log().propose(bytes("a"));
        group().run();
        assertThat(group().isLeader("m1")).isFalse();
        assertThat(answer).isNotDone();

        group().elect("m2");
        group().run();
        assertThat(old.log().isLeader()).isFalse();
        assertThat(failure(answer)).isInstanceOf(RaftException.OutcomeUnknown.class);
        CompletableFuture<Long> next = at("m2").log().propose(bytes("b"));
        group().run();
        assertThat(next).isCompleted();
        assertThat(at("m1").machine().texts()).containsExactly("b");
    }

    @Test
    void memberThatHearsNothingLagsThoughTheOthersHearIt() throws Exception {
        Running leader = startAndElect(1000, "m1", "m2", "m3");
        group().cut("m1", "m2");
        CompletableFuture<Long> answer = leader.log().propose(bytes("a"));
        group().run();
        assertThat(answer).isCompleted();
        assertThat(group().isLeader("m1")).isTrue();
        assertThat(group().hearsLeader("m2")).isFalse();
        assertThat(at("m2").machine().texts()).isEmpty();
        assertThat(at("m3").machine().texts()).containsExactly("a");

        group().heal("m1", "m2");
        group().run();
        assertThat(at("m2").machine().texts()).containsExactly("a");
    }

    private MemoryGroup group() {
        if (group == null) {
            throw new IllegalStateException("no member started");
        }
        return group;
    }
}
