package io.flotilla.gateway.rpc;

import java.util.Collections;
import java.util.Iterator;
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

    /** The parts of each message one after the other. @param parts may be none */
    default <R> NodeStream<R> split(Function<? super T, ? extends Iterable<R>> parts) {
        NodeStream<T> source = this;
        return new NodeStream<>() {
            private Iterator<R> left = Collections.emptyIterator();
            private volatile boolean closed;

            @Override
            public @Nullable R next() {
                if (closed) {
                    return null;
                }
                while (!left.hasNext()) {
                    T message = source.next();
                    if (message == null) {
                        return null;
                    }
                    left = parts.apply(message).iterator();
                }
                return left.next();
            }

            @Override
            public boolean ready() {
                return left.hasNext() || source.ready();
            }

            @Override
            public void close() {
                closed = true;
                source.close();
            }
        };
    }
}
