package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.stream.ClientSession;
import io.flotilla.agent.stream.StreamClient;
import io.flotilla.bus.rpc.StreamFrame;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client's session as a call: its first message says with what, the others are input, asked for as they are taken. Answers
 * go out from whichever thread delivers them, which the session's output makes one at a time.
 *
 * @param <Q> the requests
 * @param <O> the options in the first one
 */
final class SessionCall<Q, O> implements StreamObserver<Q>, StreamClient {
    private static final int INPUT_MESSAGES_AHEAD = 4;

    private final ServerCallStreamObserver<StreamFrame> call;
    private final CallThreads threads;
    private final Function<Q, Part<O>> parts;
    private final Opening<Q, O> opening;
    private volatile @Nullable ClientSession session;
    private volatile boolean left;
    private boolean begun;

    /** What a message is. */
    sealed interface Part<O> {
        record Options<O>(O options) implements Part<O> {}

        record Input<O>(ByteString bytes) implements Part<O> {}

        record InputClosed<O>() implements Part<O> {}

        record Unknown<O>() implements Part<O> {}
    }

    /** Finds what the session is with, asks the call for it, and joins it. On a thread that may wait. */
    interface Opening<Q, O> {
        void open(O options, SessionCall<Q, O> call)
                throws IOException, InterruptedException, ActionRefused, LogRefused;
    }

    /** To be made in the service method itself. */
    SessionCall(
            StreamObserver<StreamFrame> answers,
            CallThreads threads,
            Function<Q, Part<O>> parts,
            Opening<Q, O> opening) {
        this.call = (ServerCallStreamObserver<StreamFrame>) answers;
        this.threads = threads;
        this.parts = parts;
        this.opening = opening;
        call.disableAutoRequest();
        call.setOnReadyHandler(this::transportReady);
        call.setOnCancelHandler(this::clientLeft);
    }

    SessionCall<Q, O> begin() {
        call.request(1);
        return this;
    }

    /** The session of this call; input comes from now on. */
    ClientSession session(ClientSession.Terms terms) {
        ClientSession opened = new ClientSession(terms, this, () -> call.request(1), threads.executor());
        session = opened;
        if (left) {
            opened.clientLeft();
        }
        call.request(INPUT_MESSAGES_AHEAD);
        return opened;
    }

    /** Nobody is to have a session: what was asked for is done. */
    void done() {
        end(null);
    }

    private void transportReady() {
        ClientSession open = session;
        if (open != null) {
            open.output().deliver();
        }
    }

    private void clientLeft() {
        left = true;
        ClientSession open = session;
        if (open != null) {
            open.clientLeft();
        }
    }

    @Override
    public void onNext(Q message) {
        ClientSession open = session;
        switch (parts.apply(message)) {
            case Part.Options<O>(O options)
            when !begun -> {
                begun = true;
                threads.begin(() -> opening.open(options, this), this::failed);
            }
            case Part.Input<O>(ByteString bytes)
            when open != null -> open.input().write(bytes.toByteArray());
            case Part.InputClosed<O>()
            when open != null -> {
                open.input().end();
                call.request(1);
            }
            default ->
                failed(Status.INVALID_ARGUMENT
                        .withDescription("a session begins with its options and goes on with input")
                        .asRuntimeException());
        }
    }

    private void failed(Exception e) {
        ClientSession open = session;
        if (open == null) {
            end(e);
        } else {
            open.processEnded(e);
            open.output().release();
        }
    }

    @Override
    public void onError(Throwable reason) {
        clientLeft();
    }

    @Override
    public void onCompleted() {
        ClientSession open = session;
        if (open != null) {
            open.input().end();
        } else if (!begun) {
            failed(Status.INVALID_ARGUMENT
                    .withDescription("a session begins with its options")
                    .asRuntimeException());
        }
    }

    @Override
    public boolean ready() {
        return call.isReady();
    }

    @Override
    public void send(Stream stream, byte[] bytes) {
        if (!call.isCancelled()) {
            call.onNext(StreamFrame.newBuilder()
                    .setStream(stream == Stream.STDOUT ? 1 : 2)
                    .setData(UnsafeByteOperations.unsafeWrap(bytes))
                    .build());
        }
    }

    @Override
    public void end(@Nullable Throwable failure) {
        if (call.isCancelled()) {
            return;
        }
        if (failure == null) {
            call.onCompleted();
        } else {
            call.onError(CallFailures.of(failure));
        }
    }
}
