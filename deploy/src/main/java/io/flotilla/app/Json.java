package io.flotilla.app;

import io.flotilla.bus.codec.Codec;
import java.io.IOException;

/** The small files of an instance, in the schema's own encoding. */
public final class Json {
    private Json() {}

    public static byte[] write(Object value) throws IOException {
        return Codec.JSON.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(value);
    }

    /** @throws IOException when the bytes are not such a value */
    public static <T> T read(byte[] json, Class<T> type) throws IOException {
        return Codec.JSON.decode(json, type);
    }
}
