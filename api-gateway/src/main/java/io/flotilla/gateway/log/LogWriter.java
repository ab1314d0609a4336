package io.flotilla.gateway.log;

import io.flotilla.gateway.stream.Sink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Sends lines to a client in the format it asked for, several at once when they are there. For one thread. */
final class LogWriter {
    private static final int FLUSH_BYTES = 32 << 10;

    private final LogFormat format;
    private final Sink sink;
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();

    LogWriter(LogFormat format, Sink sink) {
        this.format = format;
        this.sink = sink;
    }

    Sink sink() {
        return sink;
    }

    /** @param more the next line is already here, so that this one may wait for it */
    void write(LogLine line, boolean more) throws IOException {
        gathered.writeBytes(format.encode(line));
        if (!more || gathered.size() >= FLUSH_BYTES) {
            flush();
        }
    }

    void flush() throws IOException {
        sink.write(gathered.toByteArray());
        gathered.reset();
    }

    /** Tells the client within the stream, as there is no status to tell it by any more. */
    void complain(String message) throws IOException {
        byte[] line = ("Error grabbing logs: " + message + "\n").getBytes(StandardCharsets.UTF_8);
        write(new LogLine(LogLine.ENGINE, 0, Map.of(), line), false);
    }
}
