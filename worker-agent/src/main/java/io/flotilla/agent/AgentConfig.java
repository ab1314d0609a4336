package io.flotilla.agent;

import io.flotilla.agent.image.registry.RegistryOptions;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.topic.Bus;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Who this agent is and what it stands on.
 *
 * @param nodeName the host's name unless another was given
 * @param role what the node was started as
 * @param address gRPC target of this node's NodeService, as others reach it
 * @param engineVersion as docker version shows it
 * @param labels of the engine, for constraints
 * @param genericResources what the node has for tasks to reserve, by names of the users' own
 * @param channels opens a channel to another node's address
 * @param registries how image registries are reached
 * @param onBug told of what should never happen; the process should end
 */
public record AgentConfig(
        String nodeId,
        String nodeName,
        NodeSpec.Role role,
        Instance instance,
        Bus bus,
        String address,
        String engineVersion,
        Map<String, String> labels,
        List<GenericResource> genericResources,
        Function<String, ManagedChannel> channels,
        RegistryOptions registries,
        Consumer<Throwable> onBug) {
    public AgentConfig {
        genericResources = List.copyOf(genericResources);
    }
}
