package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * Records on the wire, readable by any Kafka consumer: key and value UTF-8, header {@code index} the Raft index in decimal
 * digits, header {@code end} present on the last record of its index.
 */
final class RecordCodec {
    private static final String INDEX = "index";
    private static final String END = "end";
    private static final RecordHeader END_HEADER = new RecordHeader(END, new byte[0]);

    private RecordCodec() {}

    static ProducerRecord<byte[], byte[]> toKafka(OutRecord out) {
        Header index = new RecordHeader(INDEX, Long.toString(out.index()).getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(
                out.topic().topicName(),
                out.partition(),
                out.key().getBytes(StandardCharsets.UTF_8),
                out.value(),
                out.endOfBatch() ? List.of(index, END_HEADER) : List.of(index));
    }

    static InRecord fromKafka(Topic topic, ConsumerRecord<byte[], byte[]> in) {
        return new InRecord(
                topic,
                in.partition(),
                in.offset(),
                Instant.ofEpochMilli(in.timestamp()),
                in.key() == null ? "" : new String(in.key(), StandardCharsets.UTF_8),
                in.value(),
                index(topic, in),
                in.headers().lastHeader(END) != null);
    }

    private static long index(Topic topic, ConsumerRecord<byte[], byte[]> in) {
        Header header = in.headers().lastHeader(INDEX);
        if (header == null) {
            return 0;
        }
        String digits = new String(header.value(), StandardCharsets.UTF_8);
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    topic.topicName() + "-" + in.partition() + "@" + in.offset() + ": header index is " + digits, e);
        }
    }
}
