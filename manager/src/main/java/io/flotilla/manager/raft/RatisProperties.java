package io.flotilla.manager.raft;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** What Ratis is told. Its unsafe and asynchronous flush stay off: an entry is on disk before it is acknowledged. */
final class RatisProperties {
    static final int MAX_UNDER_WAY = 4096;

    private static final SizeInBytes APPEND_BYTES = SizeInBytes.valueOf("4MB");
    /** The log writer's buffer must hold one append and its length field. */
    private static final SizeInBytes WRITE_BUFFER = SizeInBytes.valueOf(APPEND_BYTES.getSize() + 8);
    /** Entries stay readable here for a member that was away for a moment, so that it needs no snapshot. */
    private static final int ENTRIES_KEPT = 500;

    private RatisProperties() {}

    static RaftProperties of(RatisConfig config) {
        RaftProperties p = new RaftProperties();
        RaftConfigKeys.Rpc.setType(p, SupportedRpcType.GRPC);
        GrpcConfigKeys.Server.setHost(p, config.host());
        GrpcConfigKeys.Server.setPort(p, config.port());
        RaftServerConfigKeys.setStorageDir(p, List.of(config.dir().toFile()));
        elections(p, config);
        log(p);
        snapshots(p, config);
        return p;
    }

    private static void elections(RaftProperties p, RatisConfig config) {
        long timeoutMs = config.electionTimeout().toMillis();
        RaftServerConfigKeys.Rpc.setTimeoutMin(p, ms(timeoutMs));
        RaftServerConfigKeys.Rpc.setTimeoutMax(p, ms(2 * timeoutMs));
        // a single manager leads at once; where there is a leader the pre-vote keeps an early candidate from disturbing
        // it
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(p, ms(Math.min(30, timeoutMs)));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(p, ms(Math.min(120, 2 * timeoutMs)));
        // the default backs off to 5 s from a follower that was down; if the leader dies then, nothing is writable
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(p, "1ms,10,50ms,1000000");
    }

    private static void log(RaftProperties p) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(p, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(p, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(p, SizeInBytes.valueOf("16MB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(p, WRITE_BUFFER);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, APPEND_BYTES);
        RaftServerConfigKeys.Log.Appender.setBufferElementLimit(p, 256);
        // an entry of its own, with an fsync, after every commit, only to save a restarting member the leader's first
        // word
        RaftServerConfigKeys.Log.setLogMetadataEnabled(p, false);
        // a proposal is refused before the log's own queue, which would block the caller, is full
        RaftServerConfigKeys.Write.setElementLimit(p, MAX_UNDER_WAY);
        RaftServerConfigKeys.Write.setByteLimit(p, SizeInBytes.valueOf("32MB"));
        RaftServerConfigKeys.Log.setQueueElementLimit(p, 2 * MAX_UNDER_WAY);
        RaftServerConfigKeys.Log.setQueueByteLimit(p, SizeInBytes.valueOf("64MB"));
        // nobody retries by call id: proposals are local
        RaftServerConfigKeys.RetryCache.setExpiryTime(p, TimeDuration.valueOf(2, TimeUnit.SECONDS));
    }

    private static void snapshots(RaftProperties p, RatisConfig config) {
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(p, config.snapshotThreshold());
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(p, false);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(p, 2);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
        RaftServerConfigKeys.Log.setPurgeGap(p, 1);
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(p, Math.min(ENTRIES_KEPT, config.snapshotThreshold()));
    }

    private static TimeDuration ms(long ms) {
        return TimeDuration.valueOf(ms, TimeUnit.MILLISECONDS);
    }
}
