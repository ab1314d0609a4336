package io.flotilla.bus.seal;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/** A node's own key pair, made at its first start: what is sealed to its public half only this node can open. */
public final class NodeKey {
    private final byte[] privateKey;

    private NodeKey(byte[] privateKey) {
        this.privateKey = privateKey.clone();
    }

    /** @param privateKey 32 secret bytes */
    public static NodeKey of(byte[] privateKey) {
        return new NodeKey(privateKey);
    }

    /**
     * The key in the file, made if there is none.
     *
     * @throws IOException the file can't be read or written, is no key, or others may read it
     */
    public static NodeKey open(Path file) throws IOException {
        byte[] text = KeyFile.readOrMake(file, () -> {
            byte[] made = new byte[X25519.BYTES];
            new SecureRandom().nextBytes(made);
            return Base64.getEncoder().encode(made);
        });
        byte[] key;
        try {
            key = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not a node's key", e);
        }
        if (key.length != X25519.BYTES) {
            throw new IOException(file + " is not a node's key: " + key.length + " bytes");
        }
        return new NodeKey(key);
    }

    /** Base64 of 32 bytes, for everyone. */
    public String publicKey() {
        return Base64.getEncoder().encodeToString(X25519.publicKey(privateKey));
    }

    public byte[] open(SealedToNode value, String context) throws UnsealException {
        return NodeSeal.open(privateKey, value, context);
    }
}
