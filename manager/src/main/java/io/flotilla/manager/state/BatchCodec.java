package io.flotilla.manager.state;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.bus.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A batch as a Raft entry: one byte of format version, then Smile values, a head and each change. An entry of a newer
 * format is refused whole, so that an older manager stops instead of applying half of what it was told.
 */
public final class BatchCodec {
    private static final int FORMAT = 1;

    private BatchCodec() {}

    record Head(long baseIndex, Instant time, Map<Integer, Long> reportOffsets) {}

    /**
     * An entry that fits.
     *
     * @param bytes the entry
     * @param changes how many of the batch's changes are in it, from the first on; the rest needs a further entry
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Entry(byte[] bytes, int changes) {}

    /**
     * Encodes as many of the batch's changes as fit. Report offsets go with the last part only: what was not taken in
     * completely is then read again.
     *
     * @throws IllegalArgumentException when not even the first change fits
     */
    public static Entry encode(Batch batch, int maxBytes) {
        Entry whole = write(batch, batch.reportOffsets(), maxBytes);
        if (whole.changes() == batch.changes().size()) {
            return whole;
        }
        Entry part = write(batch, Map.of(), maxBytes);
        if (part.changes() == 0) {
            Change first = batch.changes().getFirst();
            throw new IllegalArgumentException(
                    first.kind().key(first.id()) + " alone is over the limit of " + maxBytes + " bytes");
        }
        return part;
    }

    private static Entry write(Batch batch, Map<Integer, Long> reportOffsets, int maxBytes) {
        ObjectMapper mapper = Codec.SMILE.mapper();
        var out = new ByteArrayOutputStream(512);
        out.write(FORMAT);
        try (JsonGenerator generator = mapper.createGenerator(out)) {
            mapper.writeValue(generator, new Head(batch.baseIndex(), batch.time(), reportOffsets));
            int written = 0;
            for (Change change : batch.changes()) {
                int fits = out.size();
                // the mapper flushes after each value
                mapper.writerFor(Change.class).writeValue(generator, change);
                if (out.size() > maxBytes) {
                    return new Entry(Arrays.copyOf(out.toByteArray(), fits), written);
                }
                written++;
            }
            return new Entry(out.toByteArray(), written);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a batch", e);
        }
    }

    /** @throws IOException not a batch, or of a format this version does not know */
    public static Batch decode(byte[] entry) throws IOException {
        if (entry.length == 0 || entry[0] != FORMAT) {
            throw new IOException("a log entry of format " + (entry.length == 0 ? "none" : String.valueOf(entry[0]))
                    + "; this version of Flotilla reads " + FORMAT);
        }
        ObjectMapper mapper = Codec.SMILE.mapper();
        try (JsonParser parser = mapper.createParser(entry, 1, entry.length - 1)) {
            Head head = mapper.readValue(parser, Head.class);
            List<Change> changes = new ArrayList<>();
            while (parser.nextToken() != null) {
                changes.add(mapper.readValue(parser, Change.class));
            }
            return new Batch(head.baseIndex(), head.time(), changes, head.reportOffsets());
        }
    }
}
