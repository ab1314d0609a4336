package io.flotilla.gateway.rpc;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One channel for each address, at most {@value #MAX_CHANNELS}: beyond it the least recently used is closed once its
 * calls have ended. A channel without calls gives up its connection by itself. Plaintext: fit for loopback only.
 */
final class Channels implements AutoCloseable {
    private static final int MAX_CHANNELS = 256;
    private static final int IDLE_SECONDS = 60;
    /** A log line is at most 16 KiB, a NodeUsage of thousands of containers some hundred KiB. */
    private static final int MAX_MESSAGE_BYTES = 16 << 20;

    private final Map<String, ManagedChannel> channels = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    synchronized ManagedChannel to(String address) {
        if (closed) {
            throw new IllegalStateException("the gateway is closed");
        }
        ManagedChannel channel = channels.computeIfAbsent(address, Channels::open);
        if (channels.size() > MAX_CHANNELS) {
            String eldest = channels.keySet().iterator().next();
            shutdown(channels.remove(eldest));
        }
        return channel;
    }

    private static ManagedChannel open(String address) {
        return Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .idleTimeout(IDLE_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }

    private static void shutdown(@org.jspecify.annotations.Nullable ManagedChannel channel) {
        if (channel != null) {
            var _ = channel.shutdown();
        }
    }

    /** Ends running calls too. */
    @Override
    public synchronized void close() {
        closed = true;
        for (ManagedChannel channel : channels.values()) {
            var _ = channel.shutdownNow();
        }
        channels.clear();
    }
}
