package io.flotilla.gateway.rpc;

import io.grpc.ManagedChannel;

/** The way to managers and agents, which the process knows. */
@FunctionalInterface
public interface Dialer {
    /** @param address of a manager or an agent, as it is known to others */
    ManagedChannel dial(String address);
}
