package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.RegistryFailure.Reason;
import io.flotilla.agent.image.registry.RegistryHttp.Answer;
import io.flotilla.agent.image.registry.RegistryHttp.Request;
import io.flotilla.agent.image.registry.RegistryHttp.Sent;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One repository of one registry during one operation: the calls of the distribution specification, authorized, and repeated
 * while the registry does not answer. Safe for concurrent use.
 */
public final class Repository {
    private static final int MAX_MANIFEST_BYTES = 4 << 20;
    private static final int MAX_TAG_PAGES = 1_000;
    private static final int MAX_TAGS_BYTES = 8 << 20;
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryHttp http;
    private final URI base;
    private final String path;
    private final Authorizer authorizer;

    /** @param content exactly as it came, since the digest is of these bytes */
    public record RawManifest(byte[] content, String mediaType, Digest digest) {}

    Repository(RegistryHttp http, URI base, String path, Credentials credentials, List<String> actions) {
        this.http = http;
        this.base = base;
        this.path = path;
        List<String> scopes =
                path.isEmpty() ? List.of() : List.of("repository:" + path + ":" + String.join(",", actions));
        this.authorizer = new Authorizer(http, credentials, InstantSource.system(), scopes);
    }

    /** scheme://host[:port] */
    public URI base() {
        return base;
    }

    /** Whether the protocol is spoken there at all; learns how to authenticate. Tried once. */
    void ping() throws RegistryFailure, InterruptedException {
        URI uri = base.resolve("/v2/");
        try (Answer answer = http.send(Request.get(uri, Map.of(), null))) {
            if (answer.status() == 401) {
                boolean _ = authorizer.challenged(challenges(answer), null);
            } else if (answer.status() >= 500) {
                throw RegistryErrors.of("GET", answer);
            } else if (!answer.ok()) {
                throw new RegistryFailure(
                        Reason.UNREACHABLE,
                        "",
                        RegistryHttp.what("GET", uri) + "this is no registry: HTTP status " + answer.status());
            }
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** @return an identity token to keep in place of the password, empty for none */
    String login() throws RegistryFailure, InterruptedException {
        String refresh = authorizer.login().refresh();
        try (Answer answer = call("GET", base.resolve("/v2/"), Map.of(), Sent.NOTHING)) {
            return answer.ok() ? refresh : "";
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** @param target tag or digest; a digest is verified */
    public RawManifest manifest(String target) throws RegistryFailure, InterruptedException {
        Map<String, String> accept = Map.of("Accept", String.join(", ", MediaTypes.MANIFESTS));
        try (Answer answer = call("GET", of("manifests/" + target), accept, Sent.NOTHING)) {
            byte[] content = answer.body().readNBytes(MAX_MANIFEST_BYTES + 1);
            if (content.length > MAX_MANIFEST_BYTES) {
                throw refused("manifest " + target + " is larger than " + MAX_MANIFEST_BYTES + " bytes");
            }
            Digest digest = Digest.ofContent(content);
            if (target.startsWith("sha256:") && !target.equals(digest.toString())) {
                throw refused("manifest verification failed for digest " + target + ": the content has " + digest);
            }
            String type = answer.header("content-type").replaceFirst(";.*", "").strip();
            return new RawManifest(content, type, digest);
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** All tags, over as many pages as there are. */
    public List<String> tags() throws RegistryFailure, InterruptedException {
        List<String> tags = new ArrayList<>();
        URI page = of("tags/list");
        for (int pages = 0; pages < MAX_TAG_PAGES; pages++) {
            try (Answer answer = call("GET", page, Map.of(), Sent.NOTHING)) {
                JsonNode json = JSON.readTree(answer.body().readNBytes(MAX_TAGS_BYTES));
                json.path("tags").forEach(tag -> tags.add(tag.asText()));
                Matcher next = NEXT.matcher(answer.header("link"));
                if (!next.find()) {
                    return tags;
                }
                page = page.resolve(next.group(1));
            } catch (IOException e) {
                throw new RegistryFailure(String.valueOf(e.getMessage()), e);
            }
        }
        throw refused("repository " + path + " has more than " + MAX_TAG_PAGES + " pages of tags");
    }

    /** @param from bytes that are here already; the answer says by its status (206) whether it goes on from there */
    Answer openBlob(Digest digest, long from) throws RegistryFailure, InterruptedException {
        Map<String, String> range = from == 0 ? Map.of() : Map.of("Range", "bytes=" + from + "-");
        return callOnce("GET", of("blobs/" + digest), range, Sent.NOTHING);
    }

    /** A blob small enough to be held: a configuration. Its digest is verified. */
    public byte[] smallBlob(Digest digest, long sizeBytes, int limitBytes)
            throws RegistryFailure, InterruptedException {
        if (sizeBytes > limitBytes) {
            throw refused("blob " + digest + " is larger than " + limitBytes + " bytes");
        }
        try (Answer answer = call("GET", of("blobs/" + digest), Map.of(), Sent.NOTHING)) {
            byte[] content = answer.body().readNBytes(limitBytes + 1);
            if (content.length > limitBytes) {
                throw refused("blob " + digest + " is larger than " + limitBytes + " bytes");
            }
            Digest actual = Digest.ofContent(content);
            if (!actual.equals(digest)) {
                throw refused("image config verification failed for digest " + digest + ": the content has " + actual);
            }
            return content;
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    public boolean hasBlob(Digest digest) throws RegistryFailure, InterruptedException {
        try (Answer answer = call("HEAD", of("blobs/" + digest), Map.of(), Sent.NOTHING)) {
            return answer.ok();
        } catch (RegistryFailure absent) {
            if (absent.reason() == Reason.NOT_FOUND) {
                return false;
            }
            throw absent;
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** @param other path of a repository of the same registry @return whether the registry has made the blob this one's too */
    public boolean mount(Digest digest, String other) throws RegistryFailure, InterruptedException {
        authorizer.alsoNeeds("repository:" + other + ":pull");
        try (Answer answer =
                call("POST", of("blobs/uploads/?mount=" + digest + "&from=" + other), Map.of(), Sent.NOTHING)) {
            if (answer.status() == 201) {
                return true;
            }
            abandon(answer);
            return false;
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** Of an upload that was begun because the registry would not mount. */
    private void abandon(Answer begun) throws RegistryFailure, InterruptedException {
        String location = begun.header("location");
        if (location.isEmpty()) {
            return;
        }
        try (Answer gone = callOnce("DELETE", begun.uri().resolve(location), Map.of(), Sent.NOTHING)) {
            gone.body().readNBytes(1);
        } catch (IOException | RegistryFailure kept) {
            return; // registries drop unfinished uploads by themselves
        }
    }

    /** @param sent told how many bytes of the file have left */
    public void upload(Digest digest, Path file, long sizeBytes, LongConsumer sent)
            throws RegistryFailure, InterruptedException {
        upload(digest, () -> CountedFile.sent(file, sizeBytes, sent));
    }

    public void upload(Digest digest, byte[] content) throws RegistryFailure, InterruptedException {
        upload(digest, () -> Sent.bytes(content));
    }

    private interface Source {
        Sent open();
    }

    private void upload(Digest digest, Source source) throws RegistryFailure, InterruptedException {
        RegistryOptions options = http.options();
        Duration pause = options.firstRetry();
        for (int attempt = 1; ; attempt++) {
            try {
                uploadOnce(digest, source);
                return;
            } catch (RegistryFailure e) {
                if (e.reason() != Reason.UNREACHABLE || attempt == options.attempts()) {
                    throw e;
                }
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2);
        }
    }

    private void uploadOnce(Digest digest, Source source) throws RegistryFailure, InterruptedException {
        try (Answer begun = callOnce("POST", of("blobs/uploads/"), Map.of(), Sent.NOTHING)) {
            String location = begun.header("location");
            if (begun.status() != 202 || location.isEmpty()) {
                throw refused("the registry answered " + begun.status() + " to the beginning of an upload");
            }
            URI uri = begun.uri().resolve(location);
            URI complete = URI.create(uri + (uri.getRawQuery() == null ? "?" : "&") + "digest=" + digest);
            Map<String, String> type = Map.of("Content-Type", "application/octet-stream");
            try (Answer done = callOnce("PUT", complete, type, source.open())) {
                done.body().readNBytes(1);
            }
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    public void putManifest(String tag, String mediaType, byte[] content) throws RegistryFailure, InterruptedException {
        Map<String, String> type = Map.of("Content-Type", mediaType);
        try (Answer answer = call("PUT", of("manifests/" + tag), type, Sent.bytes(content))) {
            answer.body().readNBytes(1);
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private URI of(String rest) {
        return base.resolve("/v2/" + path + "/" + rest);
    }

    /** Repeated while the registry does not answer or says that it can't now. */
    private Answer call(String method, URI uri, Map<String, String> headers, Sent sent)
            throws RegistryFailure, InterruptedException {
        RegistryOptions options = http.options();
        Duration pause = options.firstRetry();
        for (int attempt = 1; ; attempt++) {
            try {
                return callOnce(method, uri, headers, sent);
            } catch (RegistryFailure e) {
                if (e.reason() != Reason.UNREACHABLE || attempt == options.attempts()) {
                    throw e;
                }
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2);
        }
    }

    private Answer callOnce(String method, URI uri, Map<String, String> headers, Sent sent)
            throws RegistryFailure, InterruptedException {
        Optional<Answer> answer = attempt(method, uri, headers, sent);
        // the first call may only have told how to authenticate
        return answer.isPresent()
                ? answer.get()
                : attempt(method, uri, headers, sent)
                        .orElseThrow(() -> new RegistryFailure(
                                Reason.UNAUTHORIZED,
                                "UNAUTHORIZED",
                                RegistryHttp.what(method, uri) + "unauthorized: authentication required"));
    }

    /** @return empty when another attempt may be authorized */
    private Optional<Answer> attempt(String method, URI uri, Map<String, String> headers, Sent sent)
            throws RegistryFailure, InterruptedException {
        String authorization = sameHost(uri) ? authorizer.header() : null;
        Answer answer = send(new Request(method, uri, headers, authorization, sent));
        if (answer.ok()) {
            return Optional.of(answer);
        }
        try (answer) {
            if (answer.status() == 401) {
                if (authorizer.challenged(challenges(answer), authorization)) {
                    return Optional.empty();
                }
                if (authorizer.wantsPassword()) {
                    throw new RegistryFailure(
                            Reason.UNAUTHORIZED,
                            "UNAUTHORIZED",
                            RegistryHttp.what(method, uri) + "no basic auth credentials");
                }
            }
            throw RegistryErrors.of(method, answer);
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** An upload's location may be on another host, which is not to see the token. */
    private boolean sameHost(URI uri) {
        return base.getScheme().equals(uri.getScheme()) && base.getAuthority().equals(uri.getAuthority());
    }

    private Answer send(Request request) throws RegistryFailure, InterruptedException {
        try {
            return http.send(request);
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private static List<AuthChallenge> challenges(Answer answer) {
        return AuthChallenge.parse(answer.headers().getOrDefault("www-authenticate", List.of()));
    }

    private RegistryFailure refused(String message) {
        return new RegistryFailure(Reason.REFUSED, "", base.getAuthority() + ": " + message);
    }
}
