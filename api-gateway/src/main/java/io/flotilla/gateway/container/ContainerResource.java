package io.flotilla.gateway.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.container.ContainerWait.Condition;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Links;
import io.flotilla.gateway.view.Lookup;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** /containers: what there is, and what changes it. */
@Path("/containers")
@RunOnVirtualThread
public class ContainerResource {
    private final Gateway gateway;
    private final Containers containers;
    private final SummaryTexts texts;
    private final ApiRequest request;

    @Inject
    public ContainerResource(Gateway gateway, Containers containers, SummaryTexts texts, ApiRequest request) {
        this.gateway = gateway;
        this.containers = containers;
        this.texts = texts;
        this.request = request;
    }

    @GET
    @Path("json")
    public Response list() {
        Query query = request.query();
        Filters filters = query.filters(ContainerFilter.KEYS);
        int limit = query.integer("limit").orElse(0);
        ClusterImage image = gateway.image();
        List<Container> selected = ContainerFilter.select(image, filters, query.flag("all"), limit);
        Instant now = Instant.now();
        if (!query.flag("size")) {
            return request.encodedJson(texts.list(image, selected, request.version(), now));
        }
        Map<String, List<String>> links = Links.names(image);
        ContainerSizes sizes = new ContainerSizes(gateway, containers);
        ArrayNode list = Codec.JSON.mapper().createArrayNode();
        for (Container container : selected) {
            List<String> linked = links.getOrDefault(container.id(), List.of());
            ObjectNode json = Codec.JSON.mapper().valueToTree(ContainerView.summary(container, image, linked, now));
            list.add(sizes.with(json, container));
        }
        return request.json(Shape.CONTAINER_SUMMARY, list);
    }

    @GET
    @Path("{id}/json")
    public Response inspect(@PathParam("id") String id) {
        Container container = containers.find(id);
        ObjectNode json = ContainerView.inspect(container, gateway.image(), containers.execIds(container));
        boolean measured = request.query().flag("size");
        return request.json(
                Shape.CONTAINER, measured ? new ContainerSizes(gateway, containers).with(json, container) : json);
    }

    @POST
    @Path("create")
    public Response create(InputStream body) {
        Query query = request.query();
        CreateBody wanted = request.readCompletely(body, CreateBody.class);
        String name = query.text("name");
        String platform = query.text("platform");
        Command.CreateContainer create = new Command.CreateContainer(
                wanted.request(name, request.version()),
                platform.isEmpty() ? null : platform,
                gateway.config().nodeId());
        Reply.Done done = gateway.order(create);
        String id = Objects.requireNonNull(done.id());
        try {
            containers.handOver(done);
        } catch (ApiException e) {
            containers.forget(id);
            throw e;
        }
        return request.json(201, Shape.PLAIN, Map.of("Id", id, "Warnings", done.warnings()));
    }

    @POST
    @Path("{id}/wait")
    public Response await(@PathParam("id") String id) {
        Condition condition = Condition.parse(request.query().text("condition"));
        ContainerWait wait = new ContainerWait(gateway, containers.find(id), condition);
        return request.stream("application/json", wait::writeTo);
    }

    @POST
    @Path("{id}/rename")
    public Response rename(@PathParam("id") String id) {
        String name = request.query().text("name");
        if (name.isEmpty() || name.equals("/")) {
            throw ApiException.invalid("Neither old nor new names may be empty");
        }
        Container container = containers.find(id);
        Command.RenameContainer rename =
                new Command.RenameContainer(container.id(), name.startsWith("/") ? name.substring(1) : name);
        carryOut(gateway.order(rename));
        return request.empty(204);
    }

    /** A node that does not answer learns of the change from the bus. */
    private void carryOut(Reply.Done done) {
        try {
            containers.handOver(done);
        } catch (ApiException e) {
            if (e.status() != 503) {
                throw e;
            }
        }
    }

    @POST
    @Path("{id}/update")
    public Response update(@PathParam("id") String id, InputStream body) {
        HostConfig change = request.readCompletely(body, HostConfig.class);
        Container container = containers.find(id);
        Reply.Done done = gateway.order(new Command.UpdateContainer(container.id(), change));
        try {
            carryOut(done);
        } catch (ApiException refused) {
            try {
                takeBack(container, done);
            } catch (ApiException e) {
                refused.addSuppressed(e);
            }
            throw refused;
        }
        return request.json(Map.of("Warnings", done.warnings()));
    }

    /** What its node refused must not be in the way of the next update or start. */
    private void takeBack(Container before, Reply.Done refused) {
        if (before.request() != null
                && refused.handover() != null
                && refused.handover().assignment() instanceof Assignment.RunContainer share) {
            carryOut(gateway.order(new Command.TakeBackUpdate(
                    before.id(), share.request().hostConfig(), before.request().hostConfig())));
        }
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        Query query = request.query();
        Container container = containers.find(id);
        if (query.flag("link")) {
            return removeLink(id);
        }
        boolean force = query.flag("force");
        if (ContainerView.running(container) && !force) {
            throw ApiException.conflict("cannot remove container \"" + Lookup.nameOf(container) + "\": container is "
                    + (ContainerView.paused(container)
                            ? "paused and must be unpaused first"
                            : "running: stop the container before removing or force remove"));
        }
        containers.remove(container, force, query.flag("v"));
        return request.empty(204);
    }

    /** The name of a link has a slash, which clients do not encode. */
    @DELETE
    @Path("{parent}/{alias}")
    public Response removeLinked(@PathParam("parent") String parent, @PathParam("alias") String alias) {
        return remove(parent + "/" + alias);
    }

    /** moby's daemon/delete.go, which answers 500 to the name of a container itself. */
    private Response removeLink(String name) {
        Links.Link link = Links.named(gateway.image(), name)
                .orElseThrow(
                        () -> ApiException.conflict("Conflict, cannot remove the default link name of the container"));
        carryOut(gateway.order(new Command.RemoveLink(link.parent().id(), link.alias())));
        return request.empty(204);
    }

    @POST
    @Path("prune")
    public Response prune() {
        Filters filters = request.query().filters(ContainerPrune.KEYS);
        ContainerPrune.Pruned pruned = new ContainerPrune(gateway, containers, filters, Instant.now()).run();
        gateway.events().pruned("container", pruned.spaceBytes());
        return request.json(Map.of("ContainersDeleted", pruned.ids(), "SpaceReclaimed", pruned.spaceBytes()));
    }
}
