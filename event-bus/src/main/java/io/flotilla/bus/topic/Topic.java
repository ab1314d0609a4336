package io.flotilla.bus.topic;

import java.time.Duration;

/** The topics of DESIGN.md's section 5. Names are public: external programs read them. */
public enum Topic {
    /** Every committed change in order. Key kind/id, value the object's JSON, no value when removed. */
    OBJECTS("flotilla.objects", 1, true, Duration.ZERO),
    /** Each node's share of the desired state. Key node/kind/id; a node's records are all on its one partition. */
    ASSIGNMENTS("flotilla.assignments", 32, true, Duration.ZERO),
    /** What agents see: heartbeats, descriptions, task and container status. Key node. */
    REPORTS("flotilla.reports", 16, false, Duration.ofHours(6)),
    /** Docker's event JSON. Key actor id. */
    EVENTS("flotilla.events", 8, false, Duration.ofDays(3));

    /** How long a compacted topic keeps at least that a key was removed: a reader may be away for as long. */
    public static final Duration REMOVALS_KEPT = Duration.ofHours(1);

    private final String topicName;
    private final int partitions;
    private final boolean compacted;
    private final Duration retention;

    Topic(String topicName, int partitions, boolean compacted, Duration retention) {
        this.topicName = topicName;
        this.partitions = partitions;
        this.compacted = compacted;
        this.retention = retention;
    }

    public String topicName() {
        return topicName;
    }

    public int partitions() {
        return partitions;
    }

    /** Only the last value of a key is kept, without end. */
    public boolean compacted() {
        return compacted;
    }

    /** How long records are kept where the topic is not compacted. */
    public Duration retention() {
        return retention;
    }

    /** The partition of a routing key (a node's id, an actor's id), the same in every process and version. */
    public int partitionOf(String routingKey) {
        return Math.floorMod(routingKey.hashCode(), partitions);
    }
}
