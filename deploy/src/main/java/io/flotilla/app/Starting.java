package io.flotilla.app;

import io.flotilla.bus.broker.BrokerConfig;
import io.flotilla.bus.broker.EmbeddedBroker;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A part that starts on a platform thread of its own while others do. Closing waits for the start's end and closes what it
 * made; a failed start has nothing to close, its failure is told by {@link #await}.
 */
final class Starting<T extends AutoCloseable> implements AutoCloseable {
    static final String LOOPBACK = "127.0.0.1";

    private static @Nullable Starting<EmbeddedBroker> broker;

    private final FutureTask<T> start;

    Starting(String what, Callable<T> start) {
        this.start = new FutureTask<>(start);
        Thread.ofPlatform().name(what + "-start").daemon().start(this.start);
    }

    /**
     * The process' one broker, begun at the first call. It takes longest to start, and neither Quarkus nor the log nor the
     * agent's host side waits for it; it is kept here because Quarkus stands between who begins it and who needs it.
     */
    static synchronized Starting<EmbeddedBroker> broker(InstanceHome home, Identity identity) {
        if (broker == null) {
            BrokerConfig config = BrokerConfig.single(
                    identity.busClusterId(),
                    home.dataDir().resolve("bus"),
                    LOOPBACK,
                    identity.brokerPort(),
                    identity.brokerControllerPort());
            broker = new Starting<>("broker", () -> EmbeddedBroker.start(config));
        }
        return broker;
    }

    /** @throws IOException why it did not start */
    T await() throws IOException {
        try {
            return start.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException refused) {
                throw refused;
            }
            throw new IllegalStateException("a part failed to start", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a part was starting");
        }
    }

    @Override
    public void close() throws Exception { // as the part's own close does
        T started;
        try {
            started = start.get();
        } catch (ExecutionException nothingStarted) {
            return;
        }
        started.close();
    }
}
