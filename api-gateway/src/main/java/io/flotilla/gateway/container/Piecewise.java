package io.flotilla.gateway.container;

import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.StreamBody;
import java.io.IOException;

/** Bodies that come from a node piece by piece. */
final class Piecewise {
    private Piecewise() {}

    /** Waits for the first piece, so that a refusal of the node becomes the answer's status; what fails later cuts it off. */
    static StreamBody from(NodeStream<byte[]> pieces, ApiRequest request) {
        byte[] first = request.first(pieces);
        return sink -> {
            try (pieces) {
                sink.onGone(pieces::close);
                sink.flushHead();
                for (byte[] piece = first; piece != null; piece = pieces.next()) {
                    sink.write(piece);
                }
            } catch (ApiException e) {
                throw new IOException(e.text(), e);
            }
        };
    }
}
