package io.flotilla.gateway.distribution;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.rpc.RegistryRequest;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.image.ImageName;
import io.flotilla.gateway.image.ImageNodes;
import io.flotilla.gateway.image.RegistryAuth;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** /distribution and /auth: asked of a registry by a node, which has the ways and certificates. */
@Path("/")
@RunOnVirtualThread
public class DistributionResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public DistributionResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    @Path("distribution/{name:.+}/json")
    public Response inspect(@PathParam("name") String name) {
        RegistryRequest asked = RegistryRequest.newBuilder()
                .setReference(ImageName.parse(name).shown())
                .setAuth(RegistryAuth.decode(request.header(RegistryAuth.HEADER)))
                .build();
        return answer(gateway.imageCalls().inspectDistribution(ImageNodes.any(gateway), asked));
    }

    /** docker login. */
    @POST
    @Path("auth")
    public Response auth(InputStream body) {
        Map<?, ?> config = request.read(body, Map.class);
        return answer(gateway.imageCalls().checkAuth(ImageNodes.any(gateway), Codec.JSON.encode(config)));
    }

    private Response answer(byte[] json) {
        try {
            return request.json(Codec.JSON.mapper().readTree(json));
        } catch (IOException e) {
            throw new ApiException(500, "cannot read the node's answer: " + e.getMessage(), e);
        }
    }
}
