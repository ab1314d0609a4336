package io.flotilla.app;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.util.concurrent.TimeUnit;

/**
 * Opens channels to the services of nodes. Those of this very process are reached without a socket: the same calls to the
 * same services, less the HTTP/2 frames and four changes of thread a call. A channel without calls gives up its connection by
 * itself. Plaintext: fit for sockets of this machine only.
 *
 * @param ownTarget what this process's {@link RpcServer} is known as to others
 */
record Dialer(String ownTarget) {
    private static final int IDLE_SECONDS = 60;

    /** Stands for a message's size where gRPC counts; finding the real one out would encode it. */
    private static final long ASSUMED_MESSAGE_BYTES = 1024;

    ManagedChannel open(String target) {
        ManagedChannelBuilder<?> builder = target.equals(ownTarget)
                ? InProcessChannelBuilder.forName(target)
                        .assumedMessageSize(ASSUMED_MESSAGE_BYTES)
                        .disableRetry()
                : Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                        .maxInboundMessageSize(RpcServer.MAX_MESSAGE_BYTES);
        return builder.idleTimeout(IDLE_SECONDS, TimeUnit.SECONDS).build();
    }
}
