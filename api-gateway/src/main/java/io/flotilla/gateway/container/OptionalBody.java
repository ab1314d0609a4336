package io.flotilla.gateway.container;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** A body that may be left out. */
final class OptionalBody {
    private static final byte[] NULL = "null".getBytes(StandardCharsets.UTF_8);

    private OptionalBody() {}

    /** Empty for no bytes and for JSON's null, which Go's clients send for nothing. */
    static Optional<InputStream> of(InputStream body) throws IOException {
        byte[] beginning = body.readNBytes(NULL.length);
        if (beginning.length == 0 || Arrays.equals(beginning, NULL)) {
            return Optional.empty();
        }
        return Optional.of(new SequenceInputStream(new ByteArrayInputStream(beginning), body));
    }
}
