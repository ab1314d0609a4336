package io.flotilla.gateway;

import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.bus.rpc.ProgressOrImages;
import io.flotilla.bus.rpc.PullRequest;
import io.flotilla.bus.rpc.PushRequest;
import io.flotilla.bus.rpc.RegistryRequest;
import io.flotilla.bus.rpc.SaveRequest;
import io.flotilla.bus.rpc.SearchRequest;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.ImageClient;
import io.flotilla.gateway.rpc.NodeStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node without registries, unless a test says what they answer. */
final class FakeImages implements ImageClient {
    final List<Object> asked = new ArrayList<>();
    /** What a transfer answers with, one message after the other; a failure ends it. */
    List<Object> replies = List.of(new ApiException(404, "no such repository"));

    byte[] json = {};

    private <T> NodeStream<T> answer(Object request, Class<T> type) {
        asked.add(request);
        var left = new ArrayList<>(replies);
        return new NodeStream<>() {
            @Override
            public @Nullable T next() {
                if (left.isEmpty()) {
                    return null;
                }
                Object next = left.removeFirst();
                if (next instanceof ApiException failure) {
                    throw failure;
                }
                return type.cast(next);
            }

            @Override
            public void close() {
                left.clear();
            }
        };
    }

    private byte[] json(Object request) {
        asked.add(request);
        if (json.length == 0) {
            throw ApiException.notFound("no such repository");
        }
        return json;
    }

    @Override
    public NodeStream<ProgressOrImages> pull(Node node, PullRequest request) {
        return answer(request, ProgressOrImages.class);
    }

    @Override
    public NodeStream<ProgressOrImages> push(Node node, PushRequest request) {
        return answer(request, ProgressOrImages.class);
    }

    @Override
    public NodeStream<Chunk> save(Node node, SaveRequest request) {
        return answer(request, Chunk.class);
    }

    @Override
    public NodeStream<ProgressOrImages> importTar(Node node, ImportOptions options, InputStream tar) {
        return answer(options, ProgressOrImages.class);
    }

    @Override
    public byte[] inspectDistribution(Node node, RegistryRequest request) {
        return json(request);
    }

    @Override
    public byte[] checkAuth(Node node, byte[] authConfig) {
        return json(authConfig);
    }

    @Override
    public byte[] search(Node node, SearchRequest request) {
        return json(request);
    }

    @Override
    public void close() {}
}
