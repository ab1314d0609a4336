package io.flotilla.bus.broker;

import java.util.Properties;
import java.util.stream.Collectors;

/** Kafka's settings for a broker that shares a small machine, and a heap, with everything else of a node. */
final class BrokerProperties {
    private BrokerProperties() {}

    static Properties of(BrokerConfig config) {
        Properties p = new Properties();
        endpoints(p, config);
        replication(p, Math.min(3, config.voters().size()));
        sessions(p, config.voters().size());
        footprint(p);
        return p;
    }

    private static void endpoints(Properties p, BrokerConfig config) {
        String plain = "PLAINTEXT://" + config.host() + ":" + config.port();
        p.put("process.roles", "broker,controller");
        p.put("node.id", Integer.toString(config.nodeId()));
        p.put(
                "controller.quorum.voters",
                config.voters().stream()
                        .map(v -> v.nodeId() + "@" + v.host() + ":" + v.controllerPort())
                        .collect(Collectors.joining(",")));
        p.put("controller.listener.names", "CONTROLLER");
        p.put("listeners", plain + ",CONTROLLER://" + config.host() + ":" + config.controllerPort());
        p.put("advertised.listeners", plain);
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("inter.broker.listener.name", "PLAINTEXT");
        p.put("log.dirs", config.dir().toString());
        p.put("auto.create.topics.enable", "false");
    }

    private static void replication(Properties p, int replicas) {
        String factor = Integer.toString(replicas);
        String inSync = replicas > 1 ? "2" : "1";
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            p.put(topic + ".replication.factor", factor);
            p.put(topic + ".num.partitions", "1");
        }
        p.put("transaction.state.log.min.isr", inSync);
        p.put("share.coordinator.state.topic.min.isr", inSync);
        p.put("default.replication.factor", factor);
        p.put("min.insync.replicas", inSync);
        p.put("group.initial.rebalance.delay.ms", "0");
        // a transaction that follows at once finds the markers of the last one still being written, which takes a
        // millisecond or two: by default it would look again after twenty
        p.put("add.partitions.to.txn.retry.backoff.ms", "1");
        p.put("add.partitions.to.txn.retry.backoff.max.ms", "20");
    }

    /**
     * A broker killed without a goodbye is not let in again before its old session has ended, 9 s by default: alone it
     * keeps nobody from anything by being gone for a moment.
     */
    private static void sessions(Properties p, int voters) {
        p.put("broker.session.timeout.ms", voters == 1 ? "1500" : "3000");
        p.put("broker.heartbeat.interval.ms", voters == 1 ? "500" : "1000");
        p.put("initial.broker.registration.timeout.ms", "60000");
    }

    private static void footprint(Properties p) {
        p.put("num.network.threads", "1");
        // handlers never wait for a disk or another broker; a second one costs more in handing over than it takes off
        p.put("num.io.threads", "1");
        p.put("background.threads", "2");
        p.put("num.replica.fetchers", "1");
        p.put("num.replica.alter.log.dirs.threads", "1");
        p.put("num.recovery.threads.per.data.dir", "2");
        p.put("group.coordinator.threads", "1");
        p.put("share.coordinator.threads", "1");
        p.put("transaction.state.log.segment.bytes", "1048576");
        p.put("offsets.topic.segment.bytes", "1048576");
        p.put("transaction.state.log.load.buffer.size", "262144");
        p.put("offsets.load.buffer.size", "262144");
        p.put("log.cleaner.threads", "1");
        p.put("log.cleaner.dedupe.buffer.size", "2097152");
        p.put("log.cleaner.io.buffer.size", "131072");
        // a look at every compacted log; segments are closed after half a minute only
        p.put("log.cleaner.backoff.ms", "5000");
        p.put("log.segment.bytes", "16777216");
        // each open segment maps two index files of this size; the default is 10 MiB
        p.put("log.index.size.max.bytes", "131072");
        p.put("metadata.log.segment.bytes", "8388608");
        p.put("metadata.log.max.record.bytes.between.snapshots", "4194304");
        p.put("metadata.max.idle.interval.ms", "0");
        p.put("socket.send.buffer.bytes", "65536");
        p.put("socket.receive.buffer.bytes", "65536");
        p.put("socket.request.max.bytes", "16777216");
        p.put("message.max.bytes", "4194304");
        p.put("replica.fetch.max.bytes", "4194304");
        p.put("producer.id.expiration.ms", "3600000");
        p.put("queued.max.requests", "128");
        p.put("metrics.num.samples", "1");
    }
}
