package io.flotilla.gateway.secret;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.SecretSpec;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.value.ValueView;
import io.flotilla.gateway.version.Shape;
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
import java.util.Map;
import java.util.Objects;

/** /secrets. No answer has a secret's data. */
@Path("/secrets")
@RunOnVirtualThread
public class SecretResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public SecretResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response list() {
        Filters filters = request.query().filters(ValueView.FILTERS);
        return request.json(ValueView.select(gateway.swarm().secrets(), filters).stream()
                .map(ValueView::render)
                .toList());
    }

    @POST
    @Path("create")
    public Response create(InputStream body) {
        SecretSpec spec = request.readValue(body, SecretSpec.class);
        var _ = gateway.swarm();
        Reply.Done done = gateway.execute(new Command.CreateSecret(spec.withData(null), ValueView.data(spec.data())));
        return request.json(201, Shape.PLAIN, Map.of("ID", Objects.requireNonNull(done.id())));
    }

    @GET
    @Path("{id}")
    public Response inspect(@PathParam("id") String id) {
        return request.json(ValueView.render(Lookup.secret(gateway.swarm(), id)));
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        Secret secret = Lookup.secret(gateway.swarm(), id);
        var _ = gateway.execute(new Command.RemoveValue(ObjectKind.SECRET, secret.id()));
        return request.empty(204);
    }

    @POST
    @Path("{id}/update")
    public Response update(@PathParam("id") String id, InputStream body) {
        SecretSpec spec = request.readValue(body, SecretSpec.class);
        long version = request.query().objectVersion("secret");
        Secret secret = Lookup.secret(gateway.swarm(), id);
        var _ = gateway.execute(
                new Command.UpdateSecret(secret.id(), version, spec.withData(null), ValueView.data(spec.data())));
        return request.empty(200);
    }
}
