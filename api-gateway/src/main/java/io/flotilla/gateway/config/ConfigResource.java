package io.flotilla.gateway.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.ConfigSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.stream.Sink;
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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** /configs. The data is asked of the managers: the gateway's view has none. */
@Path("/configs")
@RunOnVirtualThread
public class ConfigResource {
    private static final int NOT_FOUND = 404;

    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public ConfigResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response list() {
        Filters filters = request.query().filters(ValueView.FILTERS);
        List<Config> configs = ValueView.select(gateway.swarm().configs(), filters);
        return request.stream(MediaType.APPLICATION_JSON, sink -> write(configs, sink));
    }

    /** One after the other: a config may have a megabyte. */
    private void write(List<Config> configs, Sink sink) throws IOException {
        String before = "[";
        for (Config config : configs) {
            ObjectNode json;
            try {
                json = withData(config);
            } catch (ApiException e) {
                if (e.status() == NOT_FOUND) {
                    // removed meanwhile
                    continue;
                }
                throw new IOException(e.getMessage(), e);
            }
            sink.write(before.getBytes(StandardCharsets.UTF_8));
            sink.write(Codec.JSON.encode(json));
            before = ",";
        }
        sink.write((before.equals("[") ? "[]" : "]").getBytes(StandardCharsets.UTF_8));
    }

    private ObjectNode withData(Config config) {
        ObjectNode json = ValueView.render(config);
        json.withObjectProperty("Spec").put("Data", gateway.read(new Command.ReadConfig(config.id())));
        return json;
    }

    @POST
    @Path("create")
    public Response create(InputStream body) {
        ConfigSpec spec = request.readValue(body, ConfigSpec.class);
        var _ = gateway.swarm();
        Reply.Done done = gateway.execute(new Command.CreateConfig(spec.withData(null), ValueView.data(spec.data())));
        return request.json(201, Shape.PLAIN, Map.of("ID", Objects.requireNonNull(done.id())));
    }

    @GET
    @Path("{id}")
    public Response inspect(@PathParam("id") String id) {
        return request.json(withData(Lookup.config(gateway.swarm(), id)));
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        Config config = Lookup.config(gateway.swarm(), id);
        var _ = gateway.execute(new Command.RemoveValue(ObjectKind.CONFIG, config.id()));
        return request.empty(204);
    }

    @POST
    @Path("{id}/update")
    public Response update(@PathParam("id") String id, InputStream body) {
        ConfigSpec spec = request.readValue(body, ConfigSpec.class);
        long version = request.query().objectVersion("config");
        Config config = Lookup.config(gateway.swarm(), id);
        var _ = gateway.execute(
                new Command.UpdateConfig(config.id(), version, spec.withData(null), ValueView.data(spec.data())));
        return request.empty(200);
    }
}
