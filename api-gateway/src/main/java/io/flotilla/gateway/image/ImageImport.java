package io.flotilla.gateway.image;

import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** `docker import` of what the client sends. */
record ImageImport(Gateway gateway, ImportOptions options) {

    /** @throws ApiException 501 when the source is a URL */
    static ImageImport of(Gateway gateway, Query query) {
        if (!query.text("fromSrc").equals("-")) {
            throw ApiException.notBuilt("importing from a URL");
        }
        ImportOptions.Builder options = ImportOptions.newBuilder()
                .setMessage(query.text("message"))
                .addAllChanges(query.all("changes"))
                .setPlatform(query.text("platform"));
        String repository = query.text("repo");
        if (!repository.isEmpty()) {
            ImageName name = ImageName.parse(repository);
            if (name.digest() != null) {
                throw ApiException.invalid("cannot import digest reference");
            }
            String tag = query.text("tag");
            options.setReference((tag.isEmpty() ? name : name.withTag(tag)).tagged());
        }
        return new ImageImport(gateway, options.build());
    }

    Response run(ApiRequest request, InputStream tar) {
        TransferAnswer transfer = TransferAnswer.begun(
                gateway.view(), gateway.imageCalls().importTar(ImageNodes.any(gateway), options, tar));
        return request.stream("application/json", sink -> {
            try (transfer) {
                var _ = transfer.relay(sink);
            } catch (ApiException e) {
                sink.write(JsonLines.error(e.text()));
            }
        });
    }
}
