package io.flotilla.gateway.rpc;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Messages as they come from a node. For one reader; {@link #close} may be called by anyone and ends the call at the node. */
public interface NodeStream<T> extends AutoCloseable {
    /**
     * The next message, null after the last or when closed. Blocks.
     *
     * @throws io.flotilla.gateway.error.ApiException when the node ended the stream with a failure
     */
    @Nullable
    T next();

    /** Whether {@link #next} would not have to wait; a reader flushes what it has gathered when it would. */
    default boolean ready() {
        return false;
    }

    @Override
    void close();

    /** The same stream with each message turned into something else. */
    default <R> NodeStream<R> map(Function<? super T, ? extends R> change) {
        NodeStream<T> source = this;
        return new NodeStream<>() {
            @Override
            public @Nullable R next() {
                T message = source.next();
                return message == null ? null : change.apply(message);
            }

            @Override
            public boolean ready() {
                return source.ready();
            }

            @Override
            public void close() {
                source.close();
            }
        };
    }
}
