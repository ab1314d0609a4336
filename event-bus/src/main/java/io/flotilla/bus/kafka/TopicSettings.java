package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.Topic;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;

/** How a topic is created. */
final class TopicSettings {
    private TopicSettings() {}

    static NewTopic of(Topic topic, short replicas) {
        return new NewTopic(topic.topicName(), topic.partitions(), replicas)
                .configs(topic.compacted() ? compacted() : retained(topic));
    }

    /**
     * Small segments, closed soon, because only a closed one is compacted and every agent and gateway reads its partitions
     * from the beginning. Removals are kept for an hour, for readers that were cut off.
     */
    private static Map<String, String> compacted() {
        return Map.of(
                "cleanup.policy", "compact",
                "segment.bytes", "4194304",
                "segment.ms", "30000",
                "min.cleanable.dirty.ratio", "0.2",
                "max.compaction.lag.ms", "60000",
                "delete.retention.ms", Long.toString(Topic.REMOVALS_KEPT.toMillis()),
                "max.message.bytes", "4194304");
    }

    private static Map<String, String> retained(Topic topic) {
        long retentionMs = topic.retention().toMillis();
        return Map.of(
                "cleanup.policy", "delete",
                "retention.ms", Long.toString(retentionMs),
                "retention.bytes", "33554432",
                "segment.bytes", "8388608",
                "segment.ms", Long.toString(retentionMs / 6),
                "max.message.bytes", "4194304");
    }
}
