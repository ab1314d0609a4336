package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Docker's AuthConfig. Never logged: {@link #toString} shows nothing of it.
 *
 * @param identityToken a refresh token in place of the password
 * @param registryToken a bearer token to be sent as it is
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Credentials(
        @JsonProperty("username") @Nullable String username,
        @JsonProperty("password") @Nullable String password,
        @JsonProperty("serveraddress") @Nullable String serverAddress,
        @JsonProperty("identitytoken") @Nullable String identityToken,
        @JsonProperty("registrytoken") @Nullable String registryToken) {
    public static final Credentials NONE = new Credentials(null, null, null, null, null);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param json empty for none */
    public static Credentials parse(byte[] json) throws ImageRefused {
        if (json.length == 0) {
            return NONE;
        }
        try {
            Credentials read = JSON.readValue(json, Credentials.class);
            return read == null ? NONE : read;
        } catch (IOException e) {
            // the parser's own message would quote the content
            throw new ImageRefused(Reason.INVALID, "invalid X-Registry-Auth: not a JSON object of an AuthConfig");
        }
    }

    boolean hasPassword() {
        return username != null && !username.isEmpty() && password != null;
    }

    boolean hasIdentityToken() {
        return identityToken != null && !identityToken.isEmpty();
    }

    boolean hasRegistryToken() {
        return registryToken != null && !registryToken.isEmpty();
    }

    /** RFC 7617. */
    String basic() {
        byte[] pair = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    @Override
    public String toString() {
        return "Credentials[...]";
    }
}
