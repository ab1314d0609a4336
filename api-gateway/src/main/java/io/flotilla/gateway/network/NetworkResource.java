package io.flotilla.gateway.network;

import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** /networks. */
@Path("/networks")
@RunOnVirtualThread
public class NetworkResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public NetworkResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response list() {
        Filters filters = request.query().filters(NetworkView.FILTERS);
        return request.json(
                Shape.NETWORK,
                NetworkView.select(gateway.image(), filters).stream()
                        .map(NetworkView::summary)
                        .toList());
    }

    /** Only networks of users go, and there are none yet. */
    @POST
    @Path("prune")
    public Response prune() {
        Filters unused = request.query().filters(Set.of("until", "label", "label!"));
        gateway.events().pruned("network", 0);
        return request.json(Map.of("NetworksDeleted", List.of()));
    }

    @GET
    @Path("{id:.+}")
    public Response inspect(@PathParam("id") String id) {
        Query query = request.query();
        if (!query.text("scope").isEmpty() && !query.text("scope").matches("swarm|global|local")) {
            throw ApiException.invalid("invalid scope: " + query.text("scope"));
        }
        ClusterImage image = gateway.image();
        return request.json(Shape.NETWORK, NetworkView.inspect(Lookup.network(image, id, query.text("scope")), image));
    }
}
