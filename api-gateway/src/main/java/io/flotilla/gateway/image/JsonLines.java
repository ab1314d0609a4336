package io.flotilla.gateway.image;

import io.flotilla.bus.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.util.Map;

/** Progress as Docker streams it: JSON objects, a line each. */
final class JsonLines {
    private JsonLines() {}

    static byte[] line(byte[] json) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(json.length + 2);
        line.writeBytes(json);
        line.writeBytes(new byte[] {'\r', '\n'});
        return line.toByteArray();
    }

    static byte[] status(String status) {
        return line(Codec.JSON.encode(Map.of("status", status)));
    }

    /** What fails once the head is out. */
    static byte[] error(String message) {
        return line(Codec.JSON.encode(Map.of("errorDetail", Map.of("message", message), "error", message)));
    }
}
