package io.flotilla.bus.broker;

import io.flotilla.bus.topic.BusException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A KRaft broker and controller with threads of its own in this JVM. What it acknowledged to a producer survives kill -9:
 * it is in the page cache, and the logs are recovered at the next start.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private final BrokerConfig config;
    private final KafkaRaftServer server;

    private EmbeddedBroker(BrokerConfig config, KafkaRaftServer server) {
        this.config = config;
        this.server = server;
    }

    /** Formats the directory the first time; returns when clients can connect, with several voters once a quorum is up. */
    public static EmbeddedBroker start(BrokerConfig config) throws BusException {
        try {
            format(config);
            var server = new KafkaRaftServer(new KafkaConfig(BrokerProperties.of(config), false), Time.SYSTEM);
            try {
                server.startup();
            } catch (RuntimeException e) {
                server.shutdown();
                server.awaitShutdown();
                throw e;
            }
            return new EmbeddedBroker(config, server);
        } catch (IOException | KafkaException e) {
            throw new BusException(
                    "starting the broker at " + config.bootstrapServers() + " in " + config.dir() + ": "
                            + e.getMessage(),
                    false,
                    e);
        }
    }

    public String bootstrapServers() {
        return config.bootstrapServers();
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static void format(BrokerConfig config) throws IOException {
        // written last by the formatter
        if (Files.exists(config.dir().resolve("meta.properties"))) {
            return;
        }
        Path dir = Files.createDirectories(config.dir());
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setNodeId(config.nodeId())
                    .setClusterId(kafkaId(config.clusterId()))
                    .setDirectories(List.of(dir.toString()))
                    .setMetadataLogDirectory(dir.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setIgnoreFormatted(true)
                    .run();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) { // what Formatter.run declares
            throw new IOException("formatting " + dir, e);
        }
    }

    /** Kafka takes only 16 bytes in base64. */
    private static String kafkaId(String clusterId) {
        UUID id = UUID.nameUUIDFromBytes(clusterId.getBytes(StandardCharsets.UTF_8));
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits()).toString();
    }
}
