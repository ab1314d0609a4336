package io.flotilla.agent.stream;

import io.flotilla.agent.runtime.OutputSink.Stream;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client's session with a process: both directions, and what happens when either end goes. The transport tells it of the
 * client, its owner (the container's streams, or an exec) of the process.
 */
public final class ClientSession implements StdinPump.Session {
    private final ClientOutput output;
    private final StdinPump input;
    private final Runnable more;
    private final AtomicBoolean left = new AtomicBoolean();
    private volatile Runnable whenDetached = () -> {};
    private volatile Runnable whenLeft = () -> {};

    /**
     * What the client wants.
     *
     * @param output none: the session only lasts
     * @param stdin without it the client's input is dropped
     * @param keys that detach; null without a terminal
     * @param closesInput the end of the client's input is the process's; otherwise it is the end of the session
     * @param logFirst output is held until what was before has been sent
     */
    public record Terms(
            Set<Stream> output, boolean stdin, @Nullable DetachKeys keys, boolean closesInput, boolean logFirst) {
        public Terms {
            output = Set.copyOf(output);
        }
    }

    /**
     * @param more asks the client for one more message of input
     * @param threads platform threads to write the input on
     */
    public ClientSession(Terms terms, StreamClient client, Runnable more, Executor threads) {
        this.output = new ClientOutput(client, terms.output(), terms.logFirst());
        this.input = new StdinPump(threads, terms.keys(), terms.closesInput(), this);
        this.more = more;
        if (!terms.stdin()) {
            input.discard();
        }
    }

    public ClientOutput output() {
        return output;
    }

    public StdinPump input() {
        return input;
    }

    /** @param then the client typed the detach keys; before what {@link #onLeave} was given */
    public void onDetach(Runnable then) {
        whenDetached = then;
    }

    /** @param then once, when the client wants no more of the process; at once when that was so before */
    public void onLeave(Runnable then) {
        whenLeft = then;
        if (left.get()) {
            then.run();
        }
    }

    private void leave() {
        if (left.compareAndSet(false, true)) {
            whenLeft.run();
        }
    }

    /** The process has ended: the client gets what it has not yet, and is told. */
    public void processEnded(@Nullable Throwable failure) {
        output.end(failure);
        input.abandon();
        leave();
    }

    /** The client's connection is gone. */
    public void clientLeft() {
        output.close();
        input.abandon();
        leave();
    }

    @Override
    public void taken() {
        more.run();
    }

    @Override
    public void detached() {
        whenDetached.run();
        output.end(null);
        leave();
    }

    /** In Docker, too, a client that has nothing more to say to a shared or terminal input has ended its session. */
    @Override
    public void inputOver() {
        output.end(null);
        leave();
    }

    @Override
    public void failed(RuntimeException e) {
        output.end(e);
        leave();
    }
}
