package io.flotilla.gateway.rpc;

import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One channel for each address, at most {@value #MAX_CHANNELS}: beyond it the least recently used is closed once its
 * calls have ended.
 */
final class Channels implements AutoCloseable {
    private static final int MAX_CHANNELS = 256;

    private final Dialer dialer;
    private final Map<String, ManagedChannel> channels = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    Channels(Dialer dialer) {
        this.dialer = dialer;
    }

    synchronized ManagedChannel to(String address) {
        if (closed) {
            throw new IllegalStateException("the gateway is closed");
        }
        ManagedChannel channel = channels.computeIfAbsent(address, dialer::dial);
        if (channels.size() > MAX_CHANNELS) {
            String eldest = channels.keySet().iterator().next();
            shutdown(channels.remove(eldest));
        }
        return channel;
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
