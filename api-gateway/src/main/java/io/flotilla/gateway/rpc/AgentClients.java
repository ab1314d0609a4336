package io.flotilla.gateway.rpc;

/** The ways to the nodes' agents, one for each of their services. */
public record AgentClients(NodeClient nodes, ContainerClient containers, ImageClient images, VolumeClient volumes)
        implements AutoCloseable {
    /** By gRPC, all over the same channels. */
    public static AgentClients grpc(Dialer dialer) {
        NodeChannels channels = new NodeChannels(dialer);
        return new AgentClients(
                new GrpcNodeClient(channels),
                new GrpcContainerClient(channels),
                new GrpcImageClient(channels),
                new GrpcVolumeClient(channels));
    }

    @Override
    public void close() {
        nodes.close();
        containers.close();
        images.close();
        volumes.close();
    }
}
