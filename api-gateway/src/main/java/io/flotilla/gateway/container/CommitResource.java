package io.flotilla.gateway.container;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.image.ImageArrival;
import io.flotilla.gateway.image.ImageName;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.version.Shape;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** POST /commit: an image of a container's root. */
@Path("/commit")
@RunOnVirtualThread
public class CommitResource {
    private final Gateway gateway;
    private final Containers containers;
    private final ApiRequest request;

    @Inject
    public CommitResource(Gateway gateway, Containers containers, ApiRequest request) {
        this.gateway = gateway;
        this.containers = containers;
        this.request = request;
    }

    /** @param body a configuration laid over the container's own, or nothing */
    @POST
    public Response commit(InputStream body) throws IOException {
        Query query = request.query();
        Container container = containers.find(query.text("container"));
        CommitRequest.Builder commit = CommitRequest.newBuilder()
                .setContainerId(container.id())
                .setReference(reference(query))
                .setComment(query.text("comment"))
                .setAuthor(query.text("author"))
                .setPause(query.flag("pause", true))
                .addAllChanges(changes(query));
        Optional<InputStream> given = OptionalBody.of(body);
        if (given.isPresent()) {
            ContainerConfig config = request.readCompletely(given.get(), ContainerConfig.class);
            commit.setConfig(ByteString.copyFrom(Codec.JSON.encode(config)));
        }
        byte[] answer = gateway.containers().commit(containers.home(container), commit.build());
        LoadedImage image = Codec.JSON.decode(answer, LoadedImage.class);
        ImageArrival.await(gateway.view(), List.of(image));
        return request.json(201, Shape.PLAIN, Map.of("Id", image.id()));
    }

    private static String reference(Query query) {
        if (query.text("repo").isEmpty()) {
            return "";
        }
        ImageName repository = ImageName.parse(query.text("repo"));
        if (repository.digest() != null) {
            throw ApiException.invalid("refusing to create a tag with a digest reference");
        }
        return query.text("tag").isEmpty()
                ? repository.tagged()
                : repository.withTag(query.text("tag")).tagged();
    }

    private static List<String> changes(Query query) {
        return query.all("changes").stream()
                .flatMap(String::lines)
                .filter(line -> !line.isBlank())
                .toList();
    }
}
