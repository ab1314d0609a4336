package io.flotilla.gateway.service;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceCreateResponse;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceUpdateResponse;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.image.RegistryAuth;
import io.flotilla.gateway.log.LogOptions;
import io.flotilla.gateway.log.Logs;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Query;
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
import java.io.InputStream;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** /services. */
@Path("/services")
@RunOnVirtualThread
public class ServiceResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public ServiceResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response list() {
        Query query = request.query();
        Filters filters = query.filters(ServiceView.FILTERS);
        boolean withStatus = query.strictFlag("status");
        ClusterImage image = gateway.swarm();
        ArrayNode list = Codec.JSON.mapper().createArrayNode();
        for (Service service : ServiceView.select(image.services(), filters)) {
            ObjectNode json = ServiceView.render(service);
            if (withStatus) {
                json.set("ServiceStatus", Codec.JSON.mapper().valueToTree(ServiceView.status(service, image)));
            }
            list.add(json);
        }
        return request.json(list);
    }

    @POST
    @Path("create")
    public Response create(InputStream body) {
        ServiceSpec spec = request.read(body, ServiceSpec.class);
        var _ = gateway.swarm();
        Reply.Done done = gateway.execute(new Command.CreateService(spec, registryAuth()));
        return request.json(201, Shape.PLAIN, new ServiceCreateResponse(done.id(), done.warnings()));
    }

    @GET
    @Path("{id}")
    public Response inspect(@PathParam("id") String id) {
        boolean insertDefaults = request.query().strictFlag("insertDefaults");
        ObjectNode json = ServiceView.render(Lookup.service(gateway.swarm(), id));
        return request.json(insertDefaults ? ServiceDefaults.insert(json) : json);
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        Service service = Lookup.service(gateway.swarm(), id);
        var _ = gateway.execute(new Command.RemoveService(service.id()));
        return request.empty(200);
    }

    @POST
    @Path("{id}/update")
    public Response update(@PathParam("id") String id, InputStream body) {
        ServiceSpec spec = request.read(body, ServiceSpec.class);
        long version = request.query().objectVersion("service");
        String rollback = request.query().text("rollback");
        if (!rollback.isEmpty() && !rollback.equals("previous") && !rollback.equals("none")) {
            throw ApiException.invalid("unrecognized rollback option " + rollback);
        }
        String authFrom = request.query().text("registryAuthFrom");
        if (!authFrom.isEmpty() && !authFrom.equals("spec") && !authFrom.equals("previous-spec")) {
            throw ApiException.invalid("unsupported registryAuthFrom value: " + authFrom);
        }
        boolean toPrevious = rollback.equals("previous");
        Service service = Lookup.service(gateway.swarm(), id);
        Reply.Done done = gateway.execute(
                new Command.UpdateService(service.id(), version, toPrevious ? null : spec, toPrevious, registryAuth()));
        return request.json(new ServiceUpdateResponse(done.warnings()));
    }

    /** What nodes are to pull the image with; null for what they did until now. */
    private @Nullable Confidential registryAuth() {
        ByteString auth = RegistryAuth.decode(request.header(RegistryAuth.HEADER));
        return auth.isEmpty()
                ? null
                : Confidential.Plain.of(Base64.getUrlEncoder().encode(auth.toByteArray()));
    }

    @GET
    @Path("{id}/logs")
    public Response logs(@PathParam("id") String id) {
        LogOptions options = LogOptions.of(request.query());
        Service service = Lookup.service(gateway.swarm(), id);
        return request.log(new Logs(gateway, options).ofService(service));
    }
}
