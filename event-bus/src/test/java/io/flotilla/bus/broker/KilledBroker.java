package io.flotilla.bus.broker;

import io.flotilla.bus.kafka.KafkaBus;
import io.flotilla.bus.kafka.KafkaBusConfig;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * A broker with a publisher in a process of its own, for {@link BrokerDurabilityTest} to kill. It prints "has NUMBER" for
 * each record it finds after a first batch, "reading done", and "ack NUMBER" for each batch of three records that is published.
 */
final class KilledBroker {
    private static final PrintStream OUT = System.out;

    private KilledBroker() {}

    public static void main(String[] args) throws Exception {
        int begin = Integer.parseInt(args[3]);
        var config = BrokerConfig.single(
                "durability", Path.of(args[0]), "127.0.0.1", Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        EmbeddedBroker broker = EmbeddedBroker.start(config);
        Bus bus = new KafkaBus(new KafkaBusConfig(broker.bootstrapServers(), "killed"));
        bus.createTopics();
        Bus.TransactionalPublisher publisher = bus.transactional("killed");
        // Kafka 4.3 answers a commit before it writes the markers, and forgets some when killed in between: the batch
        // is then
        // there but not seen before the next one on its partition
        publisher.publish(List.of(record(begin, "a"), record(begin, "b"), record(begin, "c")));
        OUT.println("ack " + begin);
        read(bus);
        for (int number = begin + 1; ; number++) {
            publisher.publish(List.of(record(number, "a"), record(number, "b"), record(number, "c")));
            OUT.println("ack " + number);
        }
    }

    private static void read(Bus bus) throws InterruptedException {
        var done = new CountDownLatch(1);
        bus.subscribe(Topic.OBJECTS, Map.of(0, new Bus.Position.Beginning()), new Bus.Reader() {
            @Override
            public void read(List<InRecord> records) {
                if (done.getCount() > 0) {
                    records.forEach(in -> OUT.println("has " + in.index()));
                }
            }

            @Override
            public void caughtUp() {
                done.countDown();
            }

            @Override
            public void failed(Throwable cause) {
                OUT.println("broken: " + cause);
            }
        });
        done.await();
        OUT.println("reading done");
    }

    private static OutRecord record(int number, String part) {
        byte[] value = "x".repeat(number % 500).getBytes(StandardCharsets.UTF_8);
        return new OutRecord(Topic.OBJECTS, 0, number + part, value, number, part.equals("c"));
    }
}
