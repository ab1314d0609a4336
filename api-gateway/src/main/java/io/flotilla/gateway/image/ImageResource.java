package io.flotilla.gateway.image;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;

/** /images. */
@Path("/images")
@RunOnVirtualThread
public class ImageResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public ImageResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    @Path("json")
    public Response list() {
        Filters filters = request.query().filters(ImageFilter.KEYS);
        return request.json(
                Shape.IMAGE_SUMMARY,
                ImageFilter.select(gateway.image(), filters).stream()
                        .map(ImageView::summary)
                        .toList());
    }

    @GET
    @Path("{name:.+}/json")
    public Response inspect(@PathParam("name") String name) {
        return request.json(
                Shape.IMAGE,
                ImageView.inspect(ImageLookup.find(gateway.image(), name).image()));
    }

    @GET
    @Path("{name:.+}/history")
    public Response history(@PathParam("name") String name) {
        return request.json(
                ImageView.history(ImageLookup.find(gateway.image(), name).image()));
    }

    @POST
    @Path("load")
    public Response load(InputStream archive) {
        ImageLoad load = new ImageLoad(
                gateway.view(), gateway.nodes(), loader(), request.query().flag("quiet"));
        return request.stream("application/json", sink -> load.run(archive, sink));
    }

    /** This host, or another that is up; the others take the image from there. */
    private Node loader() {
        return gateway.self()
                .filter(node -> node.agentAddress() != null)
                .or(() -> gateway.image().nodes().stream()
                        .filter(node -> node.agentAddress() != null
                                && node.status() != null
                                && node.status().state() == NodeState.READY)
                        .findFirst())
                .orElseThrow(() -> ApiException.unavailable("no node is there to load an image"));
    }

    @POST
    @Path("{name:.+}/tag")
    public Response tag(@PathParam("name") String name) {
        Query query = request.query();
        ImageName repository = ImageName.parse(query.text("repo"));
        String tag = query.text("tag");
        ImageName target = tag.isEmpty() ? repository : repository.withTag(tag);
        if (target.digest() != null) {
            throw ApiException.invalid("refusing to create a tag with a digest reference");
        }
        ImageLookup found = ImageLookup.find(gateway.image(), name);
        var _ = gateway.execute(new Command.TagImage(found.image().id(), target.tagged()));
        return request.empty(201);
    }

    @DELETE
    @Path("{name:.+}")
    public Response remove(@PathParam("name") String name) {
        ClusterImage image = gateway.image();
        ImageLookup found = ImageLookup.find(image, name);
        boolean force = request.query().flag("force");
        Reply.Done done = gateway.execute(new Command.RemoveImage(found.image().id(), found.reference(), force));
        return request.json(done.deleted().stream().map(ImageResource::render).toList());
    }

    // either field, never both, as the CLI prints a line by which one there is
    private static Map<String, String> render(ImageDeleteResponseItem item) {
        return item.deleted() == null || item.deleted().isEmpty()
                ? Map.of("Untagged", Objects.requireNonNullElse(item.untagged(), ""))
                : Map.of("Deleted", item.deleted());
    }
}
