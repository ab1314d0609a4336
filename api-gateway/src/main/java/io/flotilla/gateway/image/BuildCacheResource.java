package io.flotilla.gateway.image;

import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;

/** /build/prune, which {@code docker system prune} ends with: no image is built here, so that no cache is ever there. */
@Path("/build/prune")
@RunOnVirtualThread
public class BuildCacheResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public BuildCacheResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    /** Of the filters dockerd too only knows some, and passes over the others. */
    @POST
    public Response prune() {
        Filters unused = request.query().filters();
        gateway.events().pruned("builder", 0);
        return request.json(Map.of("CachesDeleted", List.of(), "SpaceReclaimed", 0));
    }
}
