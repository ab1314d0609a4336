package io.flotilla.bus.seal;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * A value only one node can open: X25519 (RFC 7748) of an ephemeral key with the node's, HKDF-SHA256 (RFC 5869), AES-256-GCM.
 *
 * @param ephemeralKey base64 of the 32 bytes of the ephemeral public key
 * @param box base64 of nonce, ciphertext and tag
 */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
public record SealedToNode(String ephemeralKey, String box) {}
