package io.flotilla.gateway.image;

import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;

/** `docker import` of what the client sends, or of what a URL has. */
record ImageImport(Gateway gateway, ImportOptions options) {

    /** @throws ApiException 400 for a source that is neither - nor a URL of a web server */
    static ImageImport of(Gateway gateway, Query query) {
        String source = query.text("fromSrc");
        ImportOptions.Builder options = ImportOptions.newBuilder()
                .setSourceUrl(source.equals("-") ? "" : url(source))
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

    /** As in Docker a host alone will do. */
    private static String url(String source) {
        try {
            URI uri = new URI(source.contains("://") ? source : "http://" + source);
            boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (web && uri.getHost() != null) {
                return uri.toString();
            }
        } catch (URISyntaxException e) {
            throw new ApiException(400, "invalid source: " + e.getMessage(), e);
        }
        throw ApiException.invalid("invalid source: " + source + ": a URL of http or https is wanted");
    }

    Response run(ApiRequest request, InputStream body) {
        InputStream tar = options.getSourceUrl().isEmpty() ? body : InputStream.nullInputStream();
        TransferAnswer transfer = new TransferAnswer(
                gateway.view(), gateway.imageCalls().importTar(ImageNodes.any(gateway), options, tar));
        transfer.begin(request);
        return request.stream("application/json", sink -> {
            try (transfer) {
                var _ = transfer.relay(sink);
            } catch (ApiException e) {
                sink.write(JsonLines.error(e.text()));
            }
        });
    }
}
