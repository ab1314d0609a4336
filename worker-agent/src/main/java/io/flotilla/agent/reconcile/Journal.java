package io.flotilla.agent.reconcile;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The node's own memory of its tasks, and of its other containers, a JSON file each, so that containers are kept without
 * Kafka and across restarts. A file is replaced whole (rename(2)), so a crash of the agent never leaves half a record.
 * Calls for one record are serial.
 */
final class Journal<T> {
    private static final ObjectMapper MAPPER = Codec.JSON
            .mapper()
            .copy()
            .addMixIn(Seccomp.class, NamedSeccomp.class)
            .registerModule(addresses());

    private final Path folder;
    private final Class<T> type;
    private final Function<T, String> id;

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Seccomp.Default.class, name = "default"),
        @JsonSubTypes.Type(value = Seccomp.Unconfined.class, name = "unconfined"),
        @JsonSubTypes.Type(value = Seccomp.Custom.class, name = "custom"),
    })
    private interface NamedSeccomp {}

    /** What was read back, and the files that could not be. */
    record Contents<T>(List<T> records, List<Path> unreadable) {}

    /** @param id of a record, which names its file */
    Journal(Path folder, Class<T> type, Function<T, String> id) throws IOException {
        this.folder = folder;
        this.type = type;
        this.id = id;
        Files.createDirectories(folder);
    }

    /** Everything journaled. A file that can't be read is kept aside under another name. */
    Contents<T> read() throws IOException {
        List<T> records = new ArrayList<>();
        List<Path> unreadable = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                try {
                    records.add(MAPPER.readValue(file.toFile(), type));
                } catch (JacksonException damaged) {
                    unreadable.add(Files.move(
                            file,
                            file.resolveSibling(file.getFileName() + ".damaged"),
                            StandardCopyOption.REPLACE_EXISTING));
                }
            }
        }
        return new Contents<>(records, unreadable);
    }

    /**
     * @param durable survives a crash of the machine too. Only what must not happen twice needs it; anything else would be
     *     decided again in the same way.
     */
    void write(T record, boolean durable) throws IOException {
        Path file = file(id.apply(record));
        Path written = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                written, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(MAPPER.writeValueAsBytes(record));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            if (durable) {
                channel.force(false);
            }
        }
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        if (durable) {
            syncFolder();
        }
    }

    void delete(String recordId) throws IOException {
        Files.deleteIfExists(file(recordId));
    }

    private void syncFolder() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private Path file(String recordId) {
        if (!recordId.matches("[A-Za-z0-9_.-]{1,128}") || recordId.startsWith(".")) {
            throw new IllegalArgumentException("not an id: " + recordId);
        }
        return folder.resolve(recordId + ".json");
    }

    /** Addresses as literals: Jackson would write, and look up, host names. */
    private static SimpleModule addresses() {
        return new SimpleModule("addresses")
                .addSerializer(InetAddress.class, new JsonSerializer<>() {
                    @Override
                    public void serialize(InetAddress value, JsonGenerator to, SerializerProvider provider)
                            throws IOException {
                        to.writeString(value.getHostAddress());
                    }
                })
                .addDeserializer(InetAddress.class, new JsonDeserializer<>() {
                    @Override
                    public InetAddress deserialize(JsonParser from, DeserializationContext context) throws IOException {
                        return InetAddress.ofLiteral(from.getText());
                    }
                });
    }
}
