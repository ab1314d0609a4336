package io.flotilla.manager.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How a {@link RatisLog} runs.
 *
 * @param clusterId members of another cluster are refused
 * @param self with the address to listen on
 * @param dir owned by the log
 * @param founders the first configuration, the same on each of them; empty on a member that the leader will add. Only
 *     looked at until there is a configuration in {@code dir}
 * @param snapshotThreshold entries after which a snapshot is written and the log shortened
 * @param electionTimeout a follower that hears nothing for one to two times as long stands for election
 */
public record RatisConfig(
        String clusterId,
        Member self,
        Path dir,
        List<Member> founders,
        int snapshotThreshold,
        Duration electionTimeout) {
    // SwarmKit's default too
    private static final int SNAPSHOT_THRESHOLD = 10_000;
    private static final Duration ELECTION_TIMEOUT = Duration.ofMillis(300);

    public RatisConfig(String clusterId, Member self, Path dir, List<Member> founders) {
        this(clusterId, self, dir, founders, SNAPSHOT_THRESHOLD, ELECTION_TIMEOUT);
    }

    public RatisConfig {
        founders = List.copyOf(founders);
    }

    String host() {
        return self.address().substring(0, colon());
    }

    int port() {
        return Integer.parseInt(self.address().substring(colon() + 1));
    }

    private int colon() {
        int colon = self.address().lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("not host:port: " + self.address());
        }
        return colon;
    }
}
