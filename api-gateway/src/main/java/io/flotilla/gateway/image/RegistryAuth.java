package io.flotilla.gateway.image;

import com.google.protobuf.ByteString;
import io.flotilla.gateway.error.ApiException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The header X-Registry-Auth: an AuthConfig as JSON in base64url. */
public final class RegistryAuth {
    public static final String HEADER = "X-Registry-Auth";

    private RegistryAuth() {}

    /** @return the JSON, empty for none @throws ApiException 400 when it is not base64 */
    public static ByteString decode(@Nullable String header) {
        if (header == null || header.isEmpty()) {
            return ByteString.EMPTY;
        }
        try {
            // clients differ in the alphabet and in padding
            return ByteString.copyFrom(
                    Base64.getUrlDecoder().decode(header.replace('+', '-').replace('/', '_')));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("invalid X-Registry-Auth header: " + e.getMessage());
        }
    }
}
