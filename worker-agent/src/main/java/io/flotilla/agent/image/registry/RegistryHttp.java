package io.flotilla.agent.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * HTTP to registries: one client for each set of certificates, made when first needed, and redirects followed without taking
 * credentials along to another host. Safe for concurrent use.
 */
final class RegistryHttp implements AutoCloseable {
    private static final int MAX_REDIRECTS = 10;
    private static final int MAX_CLIENTS = 16;
    private static final String USER_AGENT = "flotilla";

    private final RegistryOptions options;
    private final InsecureHosts insecure;
    private final StallGuard stalls;
    private final Map<ClientKey, HttpClient> clients = new LinkedHashMap<>(16, 0.75f, true);

    private record ClientKey(Optional<CertificateFolder> certificates, boolean verified) {}

    /** @param authorization sent to the request's own host alone, null for none */
    record Request(
            String method,
            URI uri,
            Map<String, String> headers,
            @Nullable String authorization,
            Sent sent) {
        static Request get(URI uri, Map<String, String> headers, @Nullable String authorization) {
            return new Request("GET", uri, headers, authorization, Sent.NOTHING);
        }
    }

    /** What a request carries. @param progress bytes that have left, for telling a slow upload from one that stands still */
    record Sent(BodyPublisher body, LongSupplier progress) {
        static final Sent NOTHING = new Sent(HttpRequest.BodyPublishers.noBody(), () -> 0);

        static Sent bytes(byte[] content) {
            return new Sent(HttpRequest.BodyPublishers.ofByteArray(content), () -> 0);
        }
    }

    /** An answer's head, and its body as a stream that has to be closed. */
    record Answer(URI uri, int status, Map<String, List<String>> headers, InputStream body) implements AutoCloseable {
        String header(String name) {
            List<String> values = headers.getOrDefault(name, List.of());
            return values.isEmpty() ? "" : values.getFirst();
        }

        boolean ok() {
            return status >= 200 && status < 300;
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    RegistryHttp(RegistryOptions options) {
        this.options = options;
        this.insecure = new InsecureHosts(options.insecure());
        this.stalls = new StallGuard(options.stallTimeout());
    }

    RegistryOptions options() {
        return options;
    }

    boolean isInsecure(String authority) {
        return insecure.contains(authority);
    }

    /**
     * Sends a request once.
     *
     * @throws IOException beginning with method and URL as Go's http package writes it
     */
    Answer send(Request request) throws IOException, InterruptedException {
        URI uri = request.uri();
        String authorization = request.authorization();
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            Answer answer = sendOnce(request, uri, authorization);
            String location = answer.header("location");
            boolean followed =
                    request.method().equals("GET") || request.method().equals("HEAD");
            if (answer.status() < 300 || answer.status() >= 400 || location.isEmpty() || !followed) {
                return answer;
            }
            answer.close();
            URI next = uri.resolve(location);
            requireSafe(request, uri, next);
            if (!sameOrigin(uri, next)) {
                authorization = null;
            }
            uri = next;
        }
        throw new IOException(what(request.method(), request.uri()) + "stopped after " + MAX_REDIRECTS + " redirects");
    }

    private void requireSafe(Request request, URI from, URI to) throws IOException {
        String scheme = String.valueOf(to.getScheme());
        boolean downgrade = from.getScheme().equals("https") && scheme.equals("http");
        if (to.getHost() == null
                || !scheme.equals("https") && !scheme.equals("http")
                || downgrade && !insecure.contains(to.getAuthority())) {
            throw new IOException(what(request.method(), from) + "refused to follow the redirect to " + to.getScheme()
                    + "://" + to.getAuthority());
        }
    }

    private static boolean sameOrigin(URI one, URI other) {
        return one.getScheme().equals(other.getScheme()) && one.getAuthority().equals(other.getAuthority());
    }

    private Answer sendOnce(Request request, URI uri, @Nullable String authorization)
            throws IOException, InterruptedException {
        String what = what(request.method(), uri);
        try {
            HttpRequest.Builder builder = HttpRequest.newBuilder(uri)
                    .method(request.method(), request.sent().body())
                    .header("User-Agent", USER_AGENT);
            request.headers().forEach(builder::header);
            if (authorization != null) {
                builder.header("Authorization", authorization);
            }
            HttpResponse<InputStream> response =
                    await(client(uri).sendAsync(builder.build(), BodyHandlers.ofInputStream()), request.sent());
            return new Answer(
                    uri,
                    response.statusCode(),
                    response.headers().map(),
                    stalls.guard(response.body(), stripped(what)));
        } catch (IOException e) {
            throw new IOException(what + HttpFailures.reason(e), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(what + e.getMessage(), e);
        }
    }

    private HttpResponse<InputStream> await(CompletableFuture<HttpResponse<InputStream>> answer, Sent sent)
            throws IOException, InterruptedException {
        Duration limit = stalls.limit();
        long seen = sent.progress().getAsLong();
        while (true) {
            try {
                return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) {
                if (sent.progress().getAsLong() == seen) {
                    answer.cancel(true);
                    throw new IOException("no answer for " + limit.toSeconds() + " s", late);
                }
                seen = sent.progress().getAsLong();
            } catch (InterruptedException e) {
                answer.cancel(true);
                throw e;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(String.valueOf(e.getCause()), e);
            }
        }
    }

    private HttpClient client(URI uri) throws IOException {
        boolean https = uri.getScheme().equals("https");
        Optional<CertificateFolder> certificates =
                https ? CertificateFolder.find(options.certificates(), uri.getAuthority()) : Optional.empty();
        boolean verified = https && !insecure.contains(uri.getAuthority());
        synchronized (clients) {
            ClientKey key = new ClientKey(certificates, verified);
            HttpClient known = clients.get(key);
            if (known != null) {
                return known;
            }
            HttpClient.Builder builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(options.connectTimeout())
                    .proxy(new EnvironmentProxies(System.getenv()));
            if (https) {
                builder.sslContext(RegistryTls.context(certificates, verified));
            }
            HttpClient made = builder.build();
            clients.put(key, made);
            if (clients.size() > MAX_CLIENTS) {
                // what it has under way goes on; its thread ends once nobody refers to it
                clients.remove(clients.keySet().iterator().next());
            }
            return made;
        }
    }

    static String what(String method, URI uri) {
        String verb = method.charAt(0) + method.substring(1).toLowerCase(java.util.Locale.ROOT);
        // a query may bear a signature of the storage behind the registry
        URI shown = URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath());
        return verb + " \"" + shown + "\": ";
    }

    private static String stripped(String what) {
        return what.substring(0, what.length() - 2);
    }

    @Override
    public void close() {
        stalls.close();
        synchronized (clients) {
            new HashMap<>(clients).values().forEach(HttpClient::shutdownNow);
            clients.clear();
        }
    }
}
