package io.flotilla.agent.csi.plugin;

import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The way to one plugin. Every call has an end, and blocks until then; it may be made on a virtual thread. */
final class PluginChannel {
    /** Of calls that only tell something. */
    static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);
    /** Of calls that work on a volume: making a file system takes its time. A call that is cut off is made again. */
    static final Duration WORK_TIMEOUT = Duration.ofMinutes(2);

    private final ManagedChannel channel;
    private final Runnable onAway;
    private volatile String name;

    /**
     * @param name for messages, until the plugin has told its own
     * @param onAway told when nobody answers, or may not answer any more; does not block
     */
    PluginChannel(ManagedChannel channel, String name, Runnable onAway) {
        this.channel = channel;
        this.name = name;
        this.onAway = onAway;
    }

    void named(String told) {
        name = told;
    }

    String name() {
        return name;
    }

    <Q, R> R ask(MethodDescriptor<Q, R> method, Q request) throws PluginFailure {
        return call(method, request, ANSWER_TIMEOUT, List.of());
    }

    /** @param secrets values in the request, which no message is to have */
    <Q, R> R work(MethodDescriptor<Q, R> method, Q request, Collection<String> secrets) throws PluginFailure {
        return call(method, request, WORK_TIMEOUT, secrets);
    }

    private <Q, R> R call(MethodDescriptor<Q, R> method, Q request, Duration timeout, Collection<String> secrets)
            throws PluginFailure {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return ClientCalls.blockingUnaryCall(channel, method, options, request);
        } catch (StatusRuntimeException failed) {
            PluginFailure failure = PluginFailure.of(name, String.valueOf(method.getBareMethodName()), failed, secrets);
            if (failure.isAway()) {
                onAway.run();
            }
            throw failure;
        }
    }

    /** From now on, once: its end is known without a call. */
    void tellWhenAway() {
        channel.notifyWhenStateChanged(ConnectivityState.READY, onAway);
    }

    /** Calls under way go on. */
    void retire() {
        channel.shutdown();
    }

    /** Calls under way fail. */
    void end() {
        channel.shutdownNow();
    }
}
