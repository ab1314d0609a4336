package io.flotilla.bus.seal;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Seals values to nodes, knowing only their public keys. */
public final class NodeSeal {
    private static final String USE = "flotilla value for a node 1";

    private NodeSeal() {}

    /**
     * @param nodeKey {@link NodeKey#publicKey} of the node
     * @param context what the value is for: it opens for that only
     * @param ephemeral 32 secret bytes that were and will be used for no other value, node or context
     * @throws UnsealException the node's key is none
     */
    public static SealedToNode seal(String nodeKey, String context, byte[] value, byte[] ephemeral)
            throws UnsealException {
        byte[] to = decoded(nodeKey);
        byte[] from = X25519.publicKey(ephemeral);
        byte[] key = Aead.derive(X25519.agree(ephemeral, to), use(from, to, context));
        // the key is used for this one value, so that a nonce has nothing to tell apart
        byte[] box = Aead.seal(key, new byte[Aead.NONCE_BYTES], value, context);
        Base64.Encoder base64 = Base64.getEncoder();
        return new SealedToNode(base64.encodeToString(from), base64.encodeToString(box));
    }

    static byte[] open(byte[] privateKey, SealedToNode value, String context) throws UnsealException {
        byte[] from = decoded(value.ephemeralKey());
        byte[] to = X25519.publicKey(privateKey);
        byte[] key = Aead.derive(X25519.agree(privateKey, from), use(from, to, context));
        return Aead.open(key, decoded(value.box()), context);
    }

    /** Both keys are part of it, as in HPKE (RFC 9180 section 4.1). */
    private static byte[] use(byte[] from, byte[] to, String context) {
        String text = USE + " " + Base64.getEncoder().encodeToString(from) + " "
                + Base64.getEncoder().encodeToString(to) + " " + context;
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] decoded(String base64) throws UnsealException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new UnsealException("not base64: a key or a sealed value", e);
        }
    }
}
