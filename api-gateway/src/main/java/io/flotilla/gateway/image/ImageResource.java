package io.flotilla.gateway.image;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
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
import java.util.HashMap;
import java.util.List;
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
        Query query = request.query();
        Filters filters = query.filters(ImageFilter.KEYS);
        ClusterImage cluster = gateway.image();
        boolean shared = query.flag("shared-size");
        Map<String, Integer> users = shared ? ImageLayers.users(cluster.images()) : Map.of();
        return request.json(
                Shape.IMAGE_SUMMARY,
                ImageFilter.select(cluster, filters).stream()
                        .map(image -> shared
                                ? ImageView.summary(image).withSharedSize(ImageLayers.sharedBytes(image, users))
                                : ImageView.summary(image))
                        .toList());
    }

    /** Pull, or import of what the client sends. */
    @POST
    @Path("create")
    public Response create(InputStream body) {
        Query query = request.query();
        return query.text("fromImage").isEmpty()
                ? ImageImport.of(gateway, query).run(request, body)
                : ImagePull.of(gateway, query).run(request);
    }

    @POST
    @Path("{name:.+}/push")
    public Response push(@PathParam("name") String name) {
        return ImagePush.of(gateway, ImageName.parse(name), request.query().text("tag"))
                .run(request);
    }

    @GET
    @Path("get")
    public Response save() {
        return ImageSave.of(gateway, request.query().all("names")).run(request);
    }

    @GET
    @Path("{name:.+}/get")
    public Response save(@PathParam("name") String name) {
        return ImageSave.of(gateway, List.of(name)).run(request);
    }

    @POST
    @Path("prune")
    public Response prune() {
        ImagePrune.Pruned pruned = ImagePrune.run(gateway, request.query().filters(ImagePrune.KEYS));
        gateway.events().pruned("image", pruned.reclaimedBytes());
        Map<String, Object> answer = new HashMap<>();
        answer.put(
                "ImagesDeleted",
                pruned.deleted().stream().map(ImageResource::render).toList());
        answer.put("SpaceReclaimed", pruned.reclaimedBytes());
        return request.json(answer);
    }

    @GET
    @Path("search")
    public Response search() {
        return request.json(ImageSearch.run(gateway, request));
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
                gateway.view(),
                gateway.nodes(),
                ImageNodes.any(gateway),
                request.query().flag("quiet"));
        return request.stream("application/json", sink -> load.run(archive, sink));
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
