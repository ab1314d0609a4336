package io.flotilla.gateway.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.container.ContainerWait.Condition;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.log.LogOptions;
import io.flotilla.gateway.log.Logs;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/** /containers: reading, and what is done to a container on its node. */
@Path("/containers")
@RunOnVirtualThread
public class ContainerResource {
    private static final Duration SETTLE = Duration.ofSeconds(10);
    private static final Set<String> KILL = Set.of("", "KILL", "SIGKILL", "9");

    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public ContainerResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    @Path("json")
    public Response list() {
        Query query = request.query();
        Filters filters = query.filters(ContainerFilter.KEYS);
        int limit = query.integer("limit").orElse(0);
        Instant now = Instant.now();
        ArrayNode list = Codec.JSON.mapper().createArrayNode();
        for (Container container : ContainerFilter.select(gateway.image(), filters, query.flag("all"), limit)) {
            ObjectNode json = Codec.JSON.mapper().valueToTree(ContainerView.summary(container, now));
            list.add(query.flag("size") ? withSize(json, container) : json);
        }
        return request.json(Shape.CONTAINER_SUMMARY, list);
    }

    @GET
    @Path("{id}/json")
    public Response inspect(@PathParam("id") String id) {
        Container container = Lookup.container(gateway.image(), id);
        ObjectNode json = ContainerView.inspect(container);
        return request.json(Shape.CONTAINER, request.query().flag("size") ? withSize(json, container) : json);
    }

    private ObjectNode withSize(ObjectNode json, Container container) {
        NodeUsage usage = gateway.nodes().usage(home(container));
        usage.containers().stream()
                .filter(one -> one.containerId().equals(container.id()))
                .forEach(one -> json.put("SizeRw", one.writableBytes()).put("SizeRootFs", one.rootFsBytes()));
        return json;
    }

    @GET
    @Path("{id}/logs")
    public Response logs(@PathParam("id") String id) {
        LogOptions options = LogOptions.of(request.query());
        ClusterImage image = gateway.image();
        Container container = Lookup.container(image, id);
        return request.log(new Logs(gateway, options).ofContainer(image, container));
    }

    @GET
    @Path("{id}/top")
    public Response top(@PathParam("id") String id) {
        Container container = Lookup.container(gateway.image(), id);
        String arguments = request.query().text("ps_args");
        return request.json(
                gateway.nodes().top(home(container), container.id(), arguments.isEmpty() ? "-ef" : arguments));
    }

    @GET
    @Path("{id}/stats")
    public Response stats(@PathParam("id") String id) {
        Query query = request.query();
        Container container = Lookup.container(gateway.image(), id);
        boolean stream = query.flag("stream", true);
        if (stream && query.flag("one-shot")) {
            throw ApiException.invalid("cannot have stream=true and one-shot=true");
        }
        NodeStream<byte[]> samples = gateway.nodes()
                .stats(
                        home(container),
                        StatsRequest.newBuilder()
                                .setContainerId(container.id())
                                .setStream(stream)
                                .setOneShot(query.flag("one-shot"))
                                .build());
        byte[] first = samples.next();
        if (first == null) {
            throw ApiException.failed("the node ended the statistics of " + container.id() + " at once");
        }
        return request.stream("application/json", sink -> ContainerStats.send(first, samples, sink));
    }

    @POST
    @Path("{id}/wait")
    public Response await(@PathParam("id") String id) {
        Condition condition = Condition.parse(request.query().text("condition"));
        Container container = Lookup.container(gateway.image(), id);
        ContainerWait wait = new ContainerWait(gateway.view(), container, condition);
        return request.stream("application/json", wait::writeTo);
    }

    @POST
    @Path("{id}/stop")
    public Response stop(@PathParam("id") String id) {
        Query query = request.query();
        Container container = Lookup.container(gateway.image(), id);
        StopRequest.Builder stop =
                StopRequest.newBuilder().setContainerId(container.id()).setSignal(query.text("signal"));
        query.integer("t").ifPresent(stop::setTimeoutSeconds);
        if (!ContainerView.running(container)) {
            return request.empty(304);
        }
        gateway.nodes().stop(home(container), stop.build());
        settle(container, Condition.NOT_RUNNING);
        return request.empty(204);
    }

    @POST
    @Path("{id}/kill")
    public Response kill(@PathParam("id") String id) {
        String signal = request.query().text("signal");
        try {
            Container container = Lookup.container(gateway.image(), id);
            SignalRequest kill = SignalRequest.newBuilder()
                    .setContainerId(container.id())
                    .setSignal(signal.isEmpty() ? "SIGKILL" : signal)
                    .build();
            gateway.nodes().signal(home(container), kill);
            if (KILL.contains(signal.toUpperCase(Locale.ROOT))) {
                settle(container, Condition.NOT_RUNNING);
            }
            return request.empty(204);
        } catch (ApiException e) {
            boolean aboutContainer = e.status() == 404 || e.status() == 409;
            throw aboutContainer
                    ? new ApiException(e.status(), "cannot kill container: " + id + ": " + e.text(), e)
                    : e;
        }
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        Query query = request.query();
        if (query.flag("link")) {
            throw ApiException.notBuilt("DELETE /containers/{id} with link");
        }
        Container container = Lookup.container(gateway.image(), id);
        boolean force = query.flag("force");
        if (ContainerView.running(container) && !force) {
            throw ApiException.conflict("cannot remove container \"" + Lookup.nameOf(container)
                    + "\": container is running: stop the container before removing or force remove");
        }
        gateway.nodes()
                .remove(
                        home(container),
                        RemoveRequest.newBuilder()
                                .setContainerId(container.id())
                                .setForce(force)
                                .setVolumes(query.flag("v"))
                                .build());
        settle(container, Condition.REMOVED);
        return request.empty(204);
    }

    private void settle(Container container, Condition condition) {
        new ContainerWait(gateway.view(), container, condition).settle(SETTLE);
    }

    private Node home(Container container) {
        return gateway.image()
                .node(container.nodeId())
                .orElseThrow(() -> ApiException.unavailable(
                        "the node of container " + container.id() + " is not known: " + container.nodeId()));
    }
}
