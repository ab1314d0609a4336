package io.flotilla.bus.topic;

import org.jspecify.annotations.Nullable;

/**
 * A record to publish.
 *
 * @param partition from {@link Topic#partitionOf}
 * @param value UTF-8 JSON; null removes the key from a compacted topic
 * @param index Raft index it follows from, 0 when it follows from none
 * @param endOfBatch on flotilla.objects: the last record of its index, so that a reader never shows half a batch
 */
public record OutRecord(
        Topic topic, int partition, String key, byte @Nullable [] value, long index, boolean endOfBatch) {

    /** @throws BusException no bus takes a value this long */
    public void checkSize() throws BusException {
        if (value != null && value.length > Bus.MAX_VALUE_BYTES) {
            throw new BusException(
                    "record " + key + " for " + topic.topicName() + ": " + value.length
                            + " bytes are over the limit of " + Bus.MAX_VALUE_BYTES,
                    false,
                    null);
        }
    }
}
