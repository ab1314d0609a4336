package io.flotilla.gateway.image;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.ProgressOrImages;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.view.ClusterView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node's transfer on its way to the client. */
final class TransferAnswer implements AutoCloseable {
    private final ClusterView view;
    private final NodeStream<ProgressOrImages> replies;
    private @Nullable ProgressOrImages first;

    TransferAnswer(ClusterView view, NodeStream<ProgressOrImages> replies) {
        this.view = view;
        this.replies = replies;
    }

    /**
     * Waits until the node has the first to tell: what fails before that is the call's own failure, later it is an error line,
     * as in dockerd.
     *
     * @throws ApiException when it failed
     */
    void begin(ApiRequest request) {
        try {
            first = request.first(replies);
        } catch (ApiException e) {
            close();
            // a registry's 401 as the call's own would make clients ask their user for a password: dockerd answers 500
            throw e.status() == 401 ? new ApiException(500, e.text(), e) : e;
        }
    }

    /**
     * Writes the progress until the end, which comes only when the cluster knows the images.
     *
     * @throws ApiException when the transfer fails
     */
    List<LoadedImage> relay(Sink sink) throws IOException {
        sink.onGone(replies::close);
        List<LoadedImage> images = new ArrayList<>();
        for (ProgressOrImages reply = first == null ? replies.next() : first; reply != null; reply = replies.next()) {
            if (reply.hasImages()) {
                for (var image : reply.getImages().getImageList()) {
                    images.add(Codec.JSON.decode(image.toByteArray(), LoadedImage.class));
                }
            } else {
                sink.write(JsonLines.line(reply.getProgress().toByteArray()));
            }
        }
        if (!sink.gone()) {
            ImageArrival.await(view, images);
        }
        return images;
    }

    @Override
    public void close() {
        replies.close();
    }
}
