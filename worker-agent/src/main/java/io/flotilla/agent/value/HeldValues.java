package io.flotilla.agent.value;

import io.flotilla.agent.image.content.DurableFile;
import io.flotilla.bus.assignment.Assignment.HoldValue;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.seal.NodeKey;
import io.flotilla.bus.seal.SealedToNode;
import io.flotilla.bus.seal.UnsealException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The values assigned to this node, in memory and on disk as they came: sealed to the node's key. At most as many as its
 * tasks refer to. Thread-safe; takes and drops of one value are serial.
 */
public final class HeldValues {
    private static final Logger LOG = Logger.getLogger(HeldValues.class);
    private static final String SUFFIX = ".json";

    private final Path folder;
    private final NodeKey key;
    private final Map<String, HoldValue> held = new ConcurrentHashMap<>();

    private HeldValues(Path folder, NodeKey key) {
        this.folder = folder;
        this.key = key;
    }

    /** With what an earlier agent process had. @param key of the node */
    public static HeldValues open(Path folder, NodeKey key) throws IOException {
        HeldValues values = new HeldValues(Files.createDirectories(folder), key);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    HoldValue value = Codec.JSON.decode(Files.readAllBytes(file), HoldValue.class);
                    values.held.put(name(value.kind(), value.id()), value);
                } catch (com.fasterxml.jackson.core.JacksonException damaged) {
                    // the bus has it, and gives it again
                    LOG.errorf("%s was damaged and is dropped: %s", file, damaged.getOriginalMessage());
                    Files.delete(file);
                }
            }
        }
        return values;
    }

    /** What others seal values for this node to. */
    public String publicKey() {
        return key.publicKey();
    }

    public void take(HoldValue value) throws IOException {
        String name = name(value.kind(), value.id());
        if (!value.equals(held.get(name))) {
            DurableFile.replace(file(name), Codec.JSON.encode(value));
            held.put(name, value);
        }
    }

    /** No error when it is not held. */
    public void drop(ObjectKind kind, String id) throws IOException {
        String name = name(kind, id);
        held.remove(name);
        DurableFile.delete(file(name));
    }

    /** Drops what no task here needs any more: that it was taken back may have been said while nobody listened. */
    public void keepOnly(Set<HoldKey> needed) throws IOException {
        for (HoldValue value : Set.copyOf(held.values())) {
            if (!needed.contains(new HoldKey(value.kind(), value.id()))) {
                drop(value.kind(), value.id());
            }
        }
    }

    /** What a value is found by. */
    public record HoldKey(ObjectKind kind, String id) {}

    @Nullable
    HoldValue find(HoldKey wanted) {
        return held.get(name(wanted.kind(), wanted.id()));
    }

    /** @throws UnsealException it can't be had or opened; the message is for the user */
    byte[] open(HoldValue value) throws UnsealException {
        String problem = value.problem();
        if (value.value() == null) {
            throw new UnsealException(problem == null ? value.name() + " came without a value" : problem);
        }
        return key.open(value.value(), StoredValue.context(value.kind(), value.name()));
    }

    /** A text sealed to this node for a use. */
    public String open(SealedToNode sealed, String context) throws UnsealException {
        return new String(key.open(sealed, context), StandardCharsets.UTF_8);
    }

    private Path file(String name) {
        return folder.resolve(name + SUFFIX);
    }

    private static String name(ObjectKind kind, String id) {
        if (!id.matches("[A-Za-z0-9_-]{1,64}")) {
            throw new IllegalArgumentException("not an id of a " + kind.jsonName() + ": " + id);
        }
        return kind.jsonName() + "-" + id;
    }
}
