package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.rpc.StreamFrame;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A session over a stream both ways. @param <Q> the messages input travels in */
record GrpcSession<Q>(GrpcStream<Q, StreamFrame> stream, Function<ByteString, Q> input, Q inputClosed)
        implements NodeSession {
    @Override
    public boolean write(byte[] bytes) {
        return stream.send(input.apply(ByteString.copyFrom(bytes)));
    }

    @Override
    public void closeInput() {
        var _ = stream.send(inputClosed);
    }

    @Override
    public @Nullable StreamFrame next() {
        return stream.next();
    }

    @Override
    public boolean ready() {
        return stream.ready();
    }

    @Override
    public void close() {
        stream.close();
    }
}
