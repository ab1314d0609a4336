package io.flotilla.bus.topic;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A record as read back, see {@link OutRecord}. */
public record InRecord(
        Topic topic,
        int partition,
        long offset,
        Instant time,
        String key,
        byte @Nullable [] value,
        long index,
        boolean endOfBatch) {}
