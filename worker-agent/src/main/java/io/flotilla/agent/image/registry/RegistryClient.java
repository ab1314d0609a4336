package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.registry.ImageManifest.Part;
import io.flotilla.agent.image.registry.RegistryFailure.Reason;
import io.flotilla.agent.image.registry.RegistryHttp.Answer;
import io.flotilla.agent.image.registry.RegistryHttp.Request;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The registries as this node reaches them: Docker Hub by its mirrors first, insecure ones over plain HTTP when they speak no
 * TLS. Safe for concurrent use; calls block.
 */
public final class RegistryClient implements AutoCloseable {
    private static final URI HUB = URI.create("https://registry-1.docker.io");
    private static final URI HUB_INDEX = URI.create("https://index.docker.io");
    private static final int MAX_SEARCH_BYTES = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryHttp http;

    /** Work on a repository at one address of its registry. */
    public interface Work<T> {
        T run(Repository repository) throws IOException, RegistryFailure, ImageRefused, InterruptedException;
    }

    /** @param mirror only for reading; the next address is asked when it has not got what is wanted */
    private record Endpoint(URI base, boolean mirror) {}

    public RegistryClient(RegistryOptions options) {
        this.http = new RegistryHttp(options);
    }

    /** Reads from the first address that has it. The client's credentials are not for mirrors. */
    public <T> T read(RegistryReference reference, Credentials credentials, Work<T> work)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        List<Endpoint> endpoints = new ArrayList<>();
        if (reference.isHub()) {
            http.options().mirrors().forEach(mirror -> endpoints.add(new Endpoint(mirror, true)));
        }
        own(reference.registry()).forEach(base -> endpoints.add(new Endpoint(base, false)));
        return tryEach(endpoints, reference.path(), credentials, List.of("pull"), work);
    }

    public <T> T write(RegistryReference reference, Credentials credentials, Work<T> work)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        List<Endpoint> endpoints = own(reference.registry()).stream()
                .map(base -> new Endpoint(base, false))
                .toList();
        return tryEach(endpoints, reference.path(), credentials, List.of("pull", "push"), work);
    }

    /** Downloads a blob a manifest of the repository named. */
    public Blob download(Repository from, Part part, Path file, BlobDownload.Progress progress)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        return new BlobDownload(from, http.options(), part).to(file, progress);
    }

    /**
     * docker login.
     *
     * @return an identity token the client is to keep in place of the password, empty for none
     */
    public String login(Credentials credentials)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        String registry = registryOf(credentials.serverAddress());
        List<Endpoint> endpoints =
                own(registry).stream().map(base -> new Endpoint(base, false)).toList();
        return tryEach(endpoints, "", credentials, List.of(), Repository::login);
    }

    /** Clients still name Docker Hub by the address of its first index. */
    private static String registryOf(@Nullable String serverAddress) {
        String address = serverAddress == null ? "" : serverAddress.replaceFirst("^https?://", "");
        String authority = address.replaceFirst("/.*", "");
        boolean hub =
                authority.isEmpty() || authority.equals("index.docker.io") || authority.equals("registry-1.docker.io");
        return hub ? RegistryReference.HUB : authority;
    }

    /**
     * Docker Hub's search, which no registry has: asked of the mirrors and then of the Hub, or of the registry the term begins
     * with.
     *
     * @return the results as they came
     */
    public List<JsonNode> search(String term, int limit, Credentials credentials)
            throws RegistryFailure, InterruptedException {
        int slash = term.indexOf('/');
        String first = slash < 0 ? "" : term.substring(0, slash);
        boolean hosted = first.contains(".") || first.contains(":") || first.equals("localhost");
        List<URI> bases = new ArrayList<>(hosted ? own(first) : http.options().mirrors());
        if (!hosted) {
            bases.add(HUB_INDEX);
        }
        String words = hosted ? term.substring(slash + 1) : term;
        List<String> failures = new ArrayList<>();
        for (URI base : bases) {
            try {
                return search(base, words, limit, base.equals(HUB_INDEX) || hosted ? credentials : Credentials.NONE);
            } catch (RegistryFailure e) {
                failures.add(String.valueOf(e.getMessage()));
            }
        }
        throw new RegistryFailure(
                Reason.UNREACHABLE, "", "no registry here offers search: " + String.join("; ", failures));
    }

    private List<JsonNode> search(URI base, String term, int limit, Credentials credentials)
            throws RegistryFailure, InterruptedException {
        URI uri = base.resolve("/v1/search?q=" + URLEncoder.encode(term, StandardCharsets.UTF_8) + "&n=" + limit);
        String authorization = credentials.hasPassword() ? credentials.basic() : null;
        try (Answer answer = http.send(Request.get(uri, Map.of("X-Docker-Token", "true"), authorization))) {
            if (!answer.ok()) {
                throw RegistryErrors.of("GET", answer);
            }
            List<JsonNode> results = new ArrayList<>();
            JSON.readTree(answer.body().readNBytes(MAX_SEARCH_BYTES))
                    .path("results")
                    .forEach(results::add);
            return results;
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * What a URL of any web server gives, as a stream to be closed; one that stands still fails.
     *
     * @throws RegistryFailure when the answer is not 200
     */
    public InputStream fetch(URI uri) throws IOException, RegistryFailure, InterruptedException {
        Answer answer = http.send(Request.get(uri, Map.of(), null));
        if (answer.status() == 200) {
            return answer.body();
        }
        answer.close();
        throw new RegistryFailure(
                answer.status() == 404 ? Reason.NOT_FOUND : Reason.REFUSED,
                "",
                "failed to GET " + uri + " with status " + answer.status());
    }

    private List<URI> own(String registry) {
        if (registry.equals(RegistryReference.HUB)) {
            return List.of(HUB);
        }
        URI https = URI.create("https://" + registry);
        return http.isInsecure(registry) ? List.of(https, URI.create("http://" + registry)) : List.of(https);
    }

    private <T> T tryEach(
            List<Endpoint> endpoints, String path, Credentials credentials, List<String> actions, Work<T> work)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        List<String> mirrors = new ArrayList<>();
        for (int i = 0; ; i++) {
            Endpoint endpoint = endpoints.get(i);
            boolean last = i == endpoints.size() - 1;
            Repository repository = new Repository(
                    http, endpoint.base(), path, endpoint.mirror() ? Credentials.NONE : credentials, actions);
            try {
                repository.ping();
            } catch (RegistryFailure unreachable) {
                if (last) {
                    throw with(mirrors, unreachable);
                }
                if (endpoint.mirror()) {
                    mirrors.add(String.valueOf(unreachable.getMessage()));
                }
                continue;
            }
            try {
                return work.run(repository);
            } catch (RegistryFailure e) {
                if (last || !endpoint.mirror()) {
                    throw with(mirrors, e);
                }
                mirrors.add(endpoint.base() + ": " + e.getMessage());
            }
        }
    }

    private static RegistryFailure with(List<String> mirrors, RegistryFailure failure) {
        return mirrors.isEmpty()
                ? failure
                : failure.saying(
                        failure.getMessage() + " (before that, of a mirror: " + String.join("; ", mirrors) + ")");
    }

    @Override
    public void close() {
        http.close();
    }
}
