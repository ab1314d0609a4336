package io.flotilla.bus.codec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.smile.SmileGenerator;
import com.fasterxml.jackson.dataformat.smile.databind.SmileMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The two encodings of the schema. Both skip fields they do not know, so that a reader of an older version can follow a
 * newer writer. Thread-safe.
 */
public enum Codec {
    /** Public topics, gRPC bodies, the Engine API. Keys are read without regard to case, as Docker's Go decoder does. */
    JSON(configure(JsonMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES))),
    /**
     * Binary JSON, for Raft entries and snapshots: half the size and several times the speed. Half of a surrogate pair, which
     * JSON can have as an escape and UTF-8 can't, is written as U+FFFD, which is what Go's decoder makes of it: whatever is
     * in the state must go into the log.
     */
    SMILE(configure(SmileMapper.builder().enable(SmileGenerator.Feature.LENIENT_UTF_ENCODING)));

    private final ObjectMapper mapper;

    Codec(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /** The shared mapper; do not reconfigure it. */
    public ObjectMapper mapper() {
        return mapper;
    }

    /** Encodes a value of the schema. That a schema type cannot be written is a bug, hence unchecked. */
    public byte[] encode(Object value) {
        try {
            return mapper.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("cannot encode " + value.getClass().getName(), e);
        }
    }

    /** @throws IOException when the bytes are not this encoding or not of this type; the message says where */
    public <T> T decode(byte[] bytes, Class<T> type) throws IOException {
        T value = mapper.readValue(bytes, type);
        if (value == null) {
            throw new IOException("null in place of " + type.getSimpleName());
        }
        return value;
    }

    private static <M extends ObjectMapper, B extends MapperBuilder<M, B>> M configure(MapperBuilder<M, B> builder) {
        return builder.addModule(new JavaTimeModule())
                .addModule(new Jdk8Module())
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                // Go clients send "" for an unset enum
                .withCoercionConfig(
                        LogicalType.Enum,
                        config -> config.setCoercion(CoercionInputShape.EmptyString, CoercionAction.AsNull))
                .build();
    }
}
