package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Information about the issuer of leaf TLS certificates and the trusted root CA certificate.
 *
 * @param trustRoot The root CA certificate(s) that are used to validate leaf TLS certificates.
 * @param certIssuerSubject The base64-url-safe-encoded raw subject bytes of the issuer.
 * @param certIssuerPublicKey The base64-url-safe-encoded raw public key bytes of the issuer.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record TLSInfo(
        @Nullable String trustRoot,
        @Nullable String certIssuerSubject,
        @Nullable String certIssuerPublicKey) implements TLSInfoBuilder.With {}
