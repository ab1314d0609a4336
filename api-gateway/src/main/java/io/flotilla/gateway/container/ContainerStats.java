package io.flotilla.gateway.container;

import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.Sink;
import java.io.IOException;
import java.util.Arrays;

/** GET /containers/{id}/stats: one JSON object a line. */
final class ContainerStats {
    private ContainerStats() {}

    /** @param first already taken from the stream, so that a refusal could become the answer's status */
    static void send(byte[] first, NodeStream<byte[]> rest, Sink sink) throws IOException {
        try (rest) {
            sink.onGone(rest::close);
            for (byte[] sample = first; sample != null; sample = rest.next()) {
                byte[] line = Arrays.copyOf(sample, sample.length + 1);
                line[sample.length] = '\n';
                sink.write(line);
            }
        }
    }
}
