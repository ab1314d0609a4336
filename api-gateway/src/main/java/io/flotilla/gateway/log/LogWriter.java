package io.flotilla.gateway.log;

import io.flotilla.gateway.stream.Sink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Sends lines to a client in the format it asked for. */
record LogWriter(LogFormat format, Sink sink) {
    void write(LogLine line) throws IOException {
        sink.write(format.encode(line));
    }

    /** Tells the client within the stream, as there is no status to tell it by any more. */
    void complain(String message) throws IOException {
        byte[] line = ("Error grabbing logs: " + message + "\n").getBytes(StandardCharsets.UTF_8);
        write(new LogLine(LogLine.ENGINE, 0, Map.of(), line));
    }
}
