package io.flotilla.gateway.container;

import com.google.protobuf.ByteString;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.rpc.WriteArchiveOptions;
import io.flotilla.bus.schema.Container;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.log.LogOptions;
import io.flotilla.gateway.log.Logs;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.rpc.NodeStream;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;

/** /containers/{id}: what a container's node tells of it: output, figures, processes, files. */
@Path("/containers")
@RunOnVirtualThread
public class ContainerDataResource {
    private static final String TAR = "application/x-tar";
    private static final String PATH_STAT = "X-Docker-Container-Path-Stat";

    private final Gateway gateway;
    private final Containers containers;
    private final ApiRequest request;

    @Inject
    public ContainerDataResource(Gateway gateway, Containers containers, ApiRequest request) {
        this.gateway = gateway;
        this.containers = containers;
        this.request = request;
    }

    @GET
    @Path("{id}/logs")
    public Response logs(@PathParam("id") String id) {
        LogOptions options = LogOptions.of(request.query());
        return request.log(new Logs(gateway, options).ofContainer(gateway.image(), containers.find(id)));
    }

    @GET
    @Path("{id}/top")
    public Response top(@PathParam("id") String id) {
        Container container = containers.find(id);
        String arguments = request.query().text("ps_args");
        return request.json(gateway.nodes()
                .top(containers.home(container), container.id(), arguments.isEmpty() ? "-ef" : arguments));
    }

    @GET
    @Path("{id}/stats")
    public Response stats(@PathParam("id") String id) {
        Query query = request.query();
        Container container = containers.find(id);
        boolean stream = query.flag("stream", true);
        if (stream && query.flag("one-shot")) {
            throw ApiException.invalid("cannot have stream=true and one-shot=true");
        }
        NodeStream<byte[]> samples = gateway.nodes()
                .stats(
                        containers.home(container),
                        StatsRequest.newBuilder()
                                .setContainerId(container.id())
                                .setStream(stream)
                                .setOneShot(query.flag("one-shot"))
                                .build());
        byte[] first = request.first(samples);
        if (first == null) {
            throw ApiException.failed("the node ended the statistics of " + container.id() + " at once");
        }
        return request.stream("application/json", sink -> ContainerStats.send(first, samples, sink));
    }

    @GET
    @Path("{id}/changes")
    public Response changes(@PathParam("id") String id) {
        Container container = containers.find(id);
        byte[] changes = gateway.containers().changes(containers.home(container), container.id());
        return Response.ok(changes, MediaType.APPLICATION_JSON_TYPE).build();
    }

    @GET
    @Path("{id}/export")
    public Response export(@PathParam("id") String id) {
        Container container = containers.find(id);
        NodeStream<byte[]> tar = gateway.containers().export(containers.home(container), container.id());
        return request.stream("application/octet-stream", Piecewise.from(tar, request));
    }

    @HEAD
    @Path("{id}/archive")
    public Response stat(@PathParam("id") String id) {
        String path = wantedPath();
        Container container = containers.find(id);
        byte[] stat = gateway.containers().stat(containers.home(container), request(container, path));
        return Response.ok()
                .header(PATH_STAT, Base64.getEncoder().encodeToString(stat))
                .build();
    }

    @GET
    @Path("{id}/archive")
    public Response read(@PathParam("id") String id) {
        String path = wantedPath();
        Container container = containers.find(id);
        NodeStream<ArchivePart> parts =
                gateway.containers().readArchive(containers.home(container), request(container, path));
        ArchivePart first = request.first(parts);
        if (first == null || !first.hasStat()) {
            parts.close();
            throw ApiException.failed("the node sent an archive without saying what of");
        }
        String stat = Base64.getEncoder().encodeToString(first.getStat().toByteArray());
        NodeStream<byte[]> tar = parts.map(ArchivePart::getData).map(ByteString::toByteArray);
        return Response.fromResponse(request.stream(TAR, Piecewise.from(tar, request)))
                .header(PATH_STAT, stat)
                .build();
    }

    private static PathRequest request(Container container, String path) {
        return PathRequest.newBuilder()
                .setContainerId(container.id())
                .setPath(path)
                .build();
    }

    private String wantedPath() {
        String path = request.query().text("path");
        if (path.isEmpty()) {
            throw ApiException.invalid("bad parameter: 'path' cannot be empty");
        }
        return path;
    }

    @PUT
    @Path("{id}/archive")
    public Response write(@PathParam("id") String id, InputStream archive) throws IOException {
        Query query = request.query();
        String path = wantedPath();
        Container container = containers.find(id);
        WriteArchiveOptions options = WriteArchiveOptions.newBuilder()
                .setContainerId(container.id())
                .setPath(path)
                .setNoOverwriteDirNonDir(query.flag("noOverwriteDirNonDir"))
                .setCopyUidGid(query.flag("copyUIDGID"))
                .build();
        try {
            gateway.containers().writeArchive(containers.home(container), options, archive);
        } catch (IOException e) {
            throw new ApiException(400, "the archive was broken off: " + e.getMessage(), e);
        }
        return request.empty(200);
    }
}
