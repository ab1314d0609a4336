package io.flotilla.gateway.container;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.view.Lookup;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;

/** Containers by the names users give, and what changes them: at the managers, at their nodes, or both in order. */
@Singleton
public class Containers {
    /** From the node's report over the bus and the managers back to this view. */
    private static final Duration GONE_TIMEOUT = Duration.ofSeconds(10);

    private final Gateway gateway;

    @Inject
    public Containers(Gateway gateway) {
        this.gateway = gateway;
    }

    /** @throws ApiException 404 or, when the beginning of an ID fits several, 400 */
    public Container find(String name) {
        return Lookup.container(gateway.image(), name);
    }

    /** The node a container lives on. */
    public Node home(Container container) {
        return node(container.nodeId(), container.id());
    }

    private Node node(String nodeId, String containerId) {
        return gateway.image()
                .node(nodeId)
                .orElseThrow(() ->
                        ApiException.unavailable("the node of container " + containerId + " is not known: " + nodeId));
    }

    /** Of the processes executed in it now. Those of a node that does not answer are unknown, and so none. */
    List<String> execIds(Container container) {
        if (!ContainerView.running(container)) {
            return List.of();
        }
        try {
            return gateway.containers().execIds(home(container), container.id());
        } catch (ApiException e) {
            // or the container has just gone
            if (e.status() == 503 || e.status() == 404) {
                return List.of();
            }
            throw e;
        }
    }

    /** Does something to a container at its node; the client's next read shows what came of it. */
    Container act(String name, BiFunction<Node, String, ContainerObserved> action) {
        Container container = find(name);
        gateway.view().observe(action.apply(home(container), container.id()));
        return container;
    }

    /**
     * Has the node make true what the managers have committed, ahead of the bus.
     *
     * @throws ApiException with the node's refusal; what was committed stands
     */
    void handOver(Reply.Done done) {
        Reply.Handover handover = done.handover();
        if (handover == null) {
            throw ApiException.failed("the managers told no node to carry out a change of " + done.id());
        }
        try {
            Node node = node(handover.nodeId(), handover.assignment().id());
            ContainerObserved observed = gateway.containers().converge(node, handover.assignment(), done.index());
            gateway.settle(done);
            gateway.view().observe(observed);
        } catch (ApiException e) {
            gateway.settle(done);
            throw e;
        }
    }

    /** Takes back what was made a moment ago and did not come into being at its node. */
    void forget(String containerId) {
        try {
            var _ = gateway.execute(new Command.ForgetContainer(containerId));
        } catch (ApiException e) {
            if (e.status() != 404) {
                throw e;
            }
        }
    }

    /**
     * Removes a container at its node and from the cluster.
     *
     * @param force also a running one, and one whose node does not answer: its node removes it when it is back
     * @throws ApiException 409 when it runs
     */
    void remove(Container container, boolean force, boolean volumes) {
        try {
            gateway.containers()
                    .remove(
                            home(container),
                            RemoveRequest.newBuilder()
                                    .setContainerId(container.id())
                                    .setForce(force)
                                    .setVolumes(volumes)
                                    .build());
        } catch (ApiException e) {
            boolean mayBeForgotten = e.status() == 404 || e.status() == 503 && force;
            if (!mayBeForgotten) {
                throw e;
            }
        }
        if (container.taskId() == null) {
            forget(container.id());
        }
        awaitGone(container.id());
    }

    /** A task's container leaves with its node's report. That it is late is no failure: the node has removed it. */
    private void awaitGone(String containerId) {
        try (var follower = gateway.view().follower()) {
            long deadline = System.nanoTime() + GONE_TIMEOUT.toNanos();
            var image = follower.next(GONE_TIMEOUT);
            while (image.isPresent() && image.get().container(containerId).isPresent()) {
                image = follower.next(Duration.ofNanos(deadline - System.nanoTime()));
            }
        }
    }
}
