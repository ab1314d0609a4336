package io.flotilla.gateway.image;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.view.ClusterView;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** `docker load`: an archive to a node, its progress to the client, and an end only when the cluster knows the images. */
record ImageLoad(ClusterView view, NodeClient nodes, Node node, boolean quiet) {
    /**
     * The status is 200 with the first line; what fails later is an error line, as dockerd does it. No head before that:
     * a client that waits for leave to send (100-continue) gets it when the archive is first read.
     */
    void run(InputStream archive, Sink sink) throws IOException {
        try (NodeStream<LoadImageReply> replies = nodes.load(node, archive)) {
            sink.onGone(replies::close);
            sink.flushHead();
            List<LoadedImage> loaded = new ArrayList<>();
            for (LoadImageReply reply = replies.next(); reply != null; reply = replies.next()) {
                if (reply.hasLoaded()) {
                    for (var image : reply.getLoaded().getImageList()) {
                        loaded.add(Codec.JSON.decode(image.toByteArray(), LoadedImage.class));
                    }
                } else if (!quiet) {
                    sink.write(JsonLines.line(reply.getProgress().toByteArray()));
                }
            }
            ImageArrival.await(view, loaded);
            for (LoadedImage image : loaded) {
                for (String message : messages(image)) {
                    sink.write(JsonLines.line(Codec.JSON.encode(Map.of("stream", message))));
                }
            }
        } catch (ApiException e) {
            sink.write(JsonLines.error(e.text()));
        }
    }

    private static List<String> messages(LoadedImage image) {
        return image.names().isEmpty()
                ? List.of("Loaded image ID: " + image.id() + "\n")
                : image.names().stream()
                        .map(name -> "Loaded image: " + name + "\n")
                        .toList();
    }
}
