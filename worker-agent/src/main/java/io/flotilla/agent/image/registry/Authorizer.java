package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.registry.RegistryFailure.Reason;
import io.flotilla.agent.image.registry.RegistryHttp.Answer;
import io.flotilla.agent.image.registry.RegistryHttp.Request;
import io.flotilla.agent.image.registry.RegistryHttp.Sent;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Proves to one registry who asks: with the password itself, or with a token its token server gives for it, which is fetched
 * anew before it runs out. One for each operation; safe for concurrent use, the threads of which wait for one token.
 */
final class Authorizer {
    private static final int MAX_TOKEN_BYTES = 1 << 20;
    /** What a token lives when its server does not say (distribution's token authentication specification). */
    private static final long DEFAULT_LIFE_SECONDS = 60;
    /** Fetched anew so long before its end: the clocks differ, and requests take time. */
    private static final long MARGIN_SECONDS = 10;

    private static final String CLIENT_ID = "flotilla";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryHttp http;
    private final Credentials credentials;
    private final InstantSource clock;
    private final List<String> scopes;
    private @Nullable AuthChallenge challenge;
    private @Nullable Token token;

    /** @param refresh an identity token the server gave along, empty for none */
    record Token(String value, Instant expires, String refresh) {}

    Authorizer(RegistryHttp http, Credentials credentials, InstantSource clock, List<String> scopes) {
        this.http = http;
        this.credentials = credentials;
        this.clock = clock;
        this.scopes = new ArrayList<>(scopes);
    }

    /** One more right that is needed from now on, such as repository:library/x:pull. */
    synchronized void alsoNeeds(String scope) {
        if (!scopes.contains(scope)) {
            scopes.add(scope);
            token = null;
        }
    }

    /** What to send along now; null when the registry has not asked for anything. */
    synchronized @Nullable String header() throws RegistryFailure, InterruptedException {
        if (credentials.hasRegistryToken()) {
            return "Bearer " + credentials.registryToken();
        }
        AuthChallenge asked = challenge;
        if (asked == null) {
            return null;
        }
        if (asked.scheme().equals("basic")) {
            return credentials.hasPassword() ? credentials.basic() : null;
        }
        Token known = token;
        if (known == null || !clock.instant().isBefore(known.expires())) {
            known = fetch(asked, false);
            token = known;
        }
        return "Bearer " + known.value();
    }

    /**
     * Takes note of what the registry asks for.
     *
     * @param refused what was sent when it asked, null for nothing
     * @return whether another attempt has something better to send
     */
    synchronized boolean challenged(List<AuthChallenge> challenges, @Nullable String refused) {
        for (AuthChallenge each : challenges) {
            if (each.scheme().equals("bearer") && !credentials.hasRegistryToken()) {
                boolean first = challenge == null;
                Token known = token;
                challenge = each;
                if (known != null && ("Bearer " + known.value()).equals(refused)) {
                    // it may have run out; a fresh one is refused only for what it does not reach to
                    boolean old = each.parameter("error").equals("invalid_token");
                    token = null;
                    return old;
                }
                return first || refused == null;
            }
            if (each.scheme().equals("basic")) {
                challenge = each;
                return credentials.hasPassword() && refused == null;
            }
        }
        return false;
    }

    synchronized boolean wantsPassword() {
        return challenge != null && challenge.scheme().equals("basic") && !credentials.hasPassword();
    }

    /** For docker login: a token that also stands for the password later, where the server has such. */
    synchronized Token login() throws RegistryFailure, InterruptedException {
        AuthChallenge asked = challenge;
        if (asked == null || !asked.scheme().equals("bearer")) {
            return new Token("", Instant.MAX, "");
        }
        Token fetched = fetch(asked, true);
        token = fetched;
        return fetched;
    }

    private Token fetch(AuthChallenge asked, boolean offline) throws RegistryFailure, InterruptedException {
        URI realm = realm(asked);
        Request request = credentials.hasIdentityToken() ? oauth(realm, asked) : query(realm, asked, offline);
        try (Answer answer = http.send(request)) {
            if (!answer.ok()) {
                throw refusal(request.method(), answer);
            }
            JsonNode json = JSON.readTree(answer.body().readNBytes(MAX_TOKEN_BYTES));
            String value = json.path("token").asText(json.path("access_token").asText(""));
            if (value.isEmpty()) {
                throw new RegistryFailure(
                        Reason.REFUSED, "", RegistryHttp.what(request.method(), realm) + "the answer has no token");
            }
            long life = Math.max(json.path("expires_in").asLong(DEFAULT_LIFE_SECONDS), DEFAULT_LIFE_SECONDS);
            return new Token(
                    value,
                    clock.instant().plusSeconds(life - MARGIN_SECONDS),
                    json.path("refresh_token").asText(""));
        } catch (IOException e) {
            throw new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private RegistryFailure refusal(String method, Answer answer) {
        RegistryFailure failure = RegistryErrors.of(method, answer);
        boolean wrong = failure.reason() == Reason.UNAUTHORIZED && credentials.hasPassword();
        return wrong
                ? new RegistryFailure(
                        Reason.UNAUTHORIZED, failure.code(), "unauthorized: incorrect username or password")
                : failure;
    }

    private URI realm(AuthChallenge asked) throws RegistryFailure {
        try {
            URI realm = URI.create(asked.parameter("realm"));
            boolean http = "http".equals(realm.getScheme());
            if (realm.getHost() == null || !http && !"https".equals(realm.getScheme())) {
                throw new IllegalArgumentException("no http URL");
            }
            if (http && !this.http.isInsecure(realm.getAuthority())) {
                throw new RegistryFailure(
                        Reason.REFUSED,
                        "",
                        "the registry wants credentials sent in plain text to " + realm.getAuthority());
            }
            return realm;
        } catch (IllegalArgumentException e) {
            throw new RegistryFailure(
                    Reason.REFUSED, "", "the registry names \"" + asked.parameter("realm") + "\" as its token server");
        }
    }

    private Request query(URI realm, AuthChallenge asked, boolean offline) {
        StringBuilder query = new StringBuilder(realm.getRawQuery() == null ? "" : realm.getRawQuery());
        append(query, "service", asked.parameter("service"));
        scopes.forEach(scope -> append(query, "scope", scope));
        String authorization = null;
        if (credentials.hasPassword()) {
            append(query, "account", String.valueOf(credentials.username()));
            authorization = credentials.basic();
        }
        if (offline) {
            append(query, "client_id", CLIENT_ID);
            append(query, "offline_token", "true");
        }
        String bare = realm.toString().replaceFirst("\\?.*", "");
        return Request.get(URI.create(bare + (query.isEmpty() ? "" : "?" + query)), Map.of(), authorization);
    }

    private Request oauth(URI realm, AuthChallenge asked) {
        StringBuilder form = new StringBuilder();
        append(form, "grant_type", "refresh_token");
        append(form, "refresh_token", String.valueOf(credentials.identityToken()));
        append(form, "service", asked.parameter("service"));
        append(form, "scope", String.join(" ", scopes));
        append(form, "client_id", CLIENT_ID);
        return new Request(
                "POST",
                realm,
                Map.of("Content-Type", "application/x-www-form-urlencoded"),
                null,
                Sent.bytes(form.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static void append(StringBuilder to, String name, String value) {
        if (!value.isEmpty()) {
            to.append(to.isEmpty() ? "" : "&")
                    .append(name)
                    .append('=')
                    .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }
}
