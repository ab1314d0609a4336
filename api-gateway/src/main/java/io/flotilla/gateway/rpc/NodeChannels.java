package io.flotilla.gateway.rpc;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.error.GrpcFailures;
import io.flotilla.gateway.view.Lookup;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The channels to the nodes' agents, at the addresses these have reported: one a node, for all services on it. */
final class NodeChannels implements AutoCloseable {
    private final Channels channels;

    NodeChannels(Dialer dialer) {
        this.channels = new Channels(dialer);
    }

    /** @throws ApiException 503 when it is not known where the node's agent listens */
    ManagedChannel to(Node node) {
        String address = node.agentAddress();
        if (address == null || address.isEmpty()) {
            throw ApiException.unavailable(name(node) + " has not said where its agent listens");
        }
        return channels.to(address);
    }

    /** @param deadline null: the call lasts as long as it lasts */
    static <S extends AbstractBlockingStub<S>, T> T ask(
            Node node, S stub, @Nullable Duration deadline, Function<S, T> call) {
        try {
            return call.apply(
                    deadline == null ? stub : stub.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            throw GrpcFailures.asFailure(e, name(node));
        }
    }

    static <T> T json(Node node, Json answer, Class<T> type) {
        return decode(node, answer.getJson().toByteArray(), type);
    }

    static <T> T decode(Node node, byte[] json, Class<T> type) {
        try {
            return Codec.JSON.decode(json, type);
        } catch (IOException e) {
            throw new ApiException(500, "cannot read the answer of " + name(node) + ": " + e.getMessage(), e);
        }
    }

    /** As failures name it. */
    static String name(Node node) {
        String hostname = Lookup.hostname(node);
        return "node " + (hostname == null ? node.id() : hostname);
    }

    @Override
    public void close() {
        channels.close();
    }
}
