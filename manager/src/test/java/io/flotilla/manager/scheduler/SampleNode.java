package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.ObjectVersion;
import java.time.Instant;

/** What every node has; what it is like is a test's own. */
final class SampleNode {
    private SampleNode() {}

    static NodeBuilder unnamed() {
        return NodeBuilder.builder()
                .id("abc")
                .version(new ObjectVersion(0))
                .createdAt(Instant.EPOCH)
                .updatedAt(Instant.EPOCH);
    }
}
