package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * An upload whose first message says what it is for, and the others are its bytes.
 *
 * @param <Q> the messages
 * @param <O> the options in the first one
 */
final class OptionedUpload<Q, O> implements StreamObserver<Q> {
    private final Function<Q, Optional<O>> optionsOf;
    private final UploadedArchive<Q> archive;
    private final CompletableFuture<O> options = new CompletableFuture<>();

    /** To be made in the service method itself. @param optionsOf a message; empty for one of bytes */
    OptionedUpload(ServerCallStreamObserver<?> call, Function<Q, Optional<O>> optionsOf, Function<Q, ByteString> data) {
        this.optionsOf = optionsOf;
        this.archive = new UploadedArchive<>(call, data);
    }

    UploadedArchive<Q> archive() {
        return archive;
    }

    /** Waits for the first message. */
    O options() throws IOException, InterruptedException {
        try {
            return options.get();
        } catch (ExecutionException e) {
            throw new IOException("the upload was cut off: " + e.getCause(), e);
        }
    }

    @Override
    public void onNext(Q message) {
        optionsOf.apply(message).ifPresent(options::complete);
        // also the first message, which has no bytes: having been read it makes room for the next
        archive.onNext(message);
    }

    @Override
    public void onError(Throwable reason) {
        options.completeExceptionally(reason);
        archive.onError(reason);
    }

    @Override
    public void onCompleted() {
        options.completeExceptionally(new IOException("it does not say what it is for"));
        archive.onCompleted();
    }
}
