package io.flotilla.manager.state;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoreObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A state as a stream: a magic word with the format's version, then Smile values, a head and each object. Object by object
 * both ways, so that neither writing nor reading needs the state twice.
 */
public final class SnapshotCodec {
    private static final byte[] MAGIC = "FLOTILLA-STATE-1".getBytes(StandardCharsets.US_ASCII);

    private SnapshotCodec() {}

    record Head(
            long index, long changedIndex, @Nullable Instant time, Map<Integer, Long> reportOffsets, long objects) {}

    /** Writes the state; the stream stays open. */
    public static void write(ClusterState state, OutputStream out) throws IOException {
        ObjectMapper mapper = Codec.SMILE.mapper();
        out.write(MAGIC);
        long objects = 0;
        for (ObjectKind kind : ObjectKind.values()) {
            objects += state.all(kind).size();
        }
        Head head = new Head(state.index(), state.changedIndex(), state.time(), state.reportOffsets(), objects);
        try (JsonGenerator generator = mapper.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            mapper.writeValue(generator, head);
            for (ObjectKind kind : ObjectKind.values()) {
                for (StoreObject object : state.all(kind)) {
                    mapper.writerFor(Change.class).writeValue(generator, new Change.Put(object));
                }
            }
        }
    }

    /** @throws IOException not a snapshot, of a format this version does not know, or cut short */
    public static ClusterState read(InputStream in) throws IOException {
        byte[] magic = in.readNBytes(MAGIC.length);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new IOException("not a snapshot that this version of Flotilla reads: begins with \""
                    + new String(magic, StandardCharsets.US_ASCII).replaceAll("[^\\x20-\\x7e]", "?") + "\"");
        }
        ObjectMapper mapper = Codec.SMILE.mapper();
        JsonParser parser = mapper.createParser(in);
        parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
        Head head = mapper.readValue(parser, Head.class);
        ClusterState state = ClusterState.empty();
        long read = 0;
        while (read < head.objects() && parser.nextToken() != null) {
            if (!(mapper.readValue(parser, Change.class) instanceof Change.Put put)) {
                throw new IOException("object " + read + " of a snapshot is none");
            }
            state = state.with(put.object());
            read++;
        }
        if (read != head.objects()) {
            throw new IOException("a snapshot ends after " + read + " of " + head.objects() + " objects");
        }
        // a snapshot of an older version does not tell
        Instant time = Objects.requireNonNullElse(head.time(), Instant.EPOCH);
        return state.restored(head.index(), head.changedIndex(), time, head.reportOffsets());
    }
}
