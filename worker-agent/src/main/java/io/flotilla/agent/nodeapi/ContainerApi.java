package io.flotilla.agent.nodeapi;

import io.flotilla.bus.rpc.ContainerServiceGrpc;

/**
 * The node's side of ContainerService: hands each call to the class of its group. A call that is not here yet answers
 * UNIMPLEMENTED with its own name, which is what the generated interface does.
 */
public final class ContainerApi implements ContainerServiceGrpc.AsyncService {}
