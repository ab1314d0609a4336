package io.flotilla.manager.seal;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.seal.Aead;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.seal.KeyFile;
import io.flotilla.bus.seal.UnsealException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The managers' data keys, which are in a file beside the log and never in it. Values are sealed with the last, and opened
 * with whichever they name.
 *
 * <p>Sealing has no randomness: the nonce is a keyed digest of value and context, so that one value sealed twice is the same
 * twice. What decides can then tell whether a value changed without reading it, and a command that is repeated changes
 * nothing. It shows whoever has the log, but not the key, which versions of one name are equal, and no more.
 *
 * <p>Immutable; any thread.
 */
public final class DataKeys {
    private static final int ID_BYTES = 4;
    private static final int NONCE_BYTES = 12;

    private final String file;
    private final String presentId;
    private final Map<String, Key> keys = new HashMap<>();

    /** @param nonces and ephemerals make what has to be unlike for unlike values */
    private record Key(String id, byte[] values, byte[] nonces, byte[] ephemerals) {
        static Key of(String id, byte[] master) {
            return new Key(id, use(master, "values"), use(master, "nonces"), use(master, "ephemeral keys"));
        }

        private static byte[] use(byte[] master, String use) {
            return Aead.derive(master, ("flotilla data key 1 " + use).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The file's content. The last is the present one. */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    record Ring(List<Entry> keys) {
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        record Entry(String id, String key) {}
    }

    private DataKeys(String file, Ring ring) throws IOException {
        this.file = file;
        for (Ring.Entry entry : ring.keys()) {
            byte[] master = Base64.getDecoder().decode(entry.key());
            if (master.length != Aead.KEY_BYTES) {
                throw new IOException(file + ": data key " + entry.id() + " has " + master.length + " bytes");
            }
            keys.put(entry.id(), Key.of(entry.id(), master));
        }
        this.presentId = ring.keys().getLast().id();
    }

    /**
     * The keys in the file, which is made with one if there is none.
     *
     * @throws IOException it can't be read or written, holds no keys, or others may read it
     */
    public static DataKeys open(Path file) throws IOException {
        byte[] content = KeyFile.readOrMake(file, () -> Codec.JSON.encode(new Ring(List.of(fresh()))));
        try {
            return new DataKeys(file.toString(), Codec.JSON.decode(content, Ring.class));
        } catch (IllegalArgumentException | NullPointerException | java.util.NoSuchElementException e) {
            throw new IOException(file + " does not hold data keys", e);
        }
    }

    /** A ring of one key that is kept nowhere, such as a simulation's. @param master 32 bytes */
    public static DataKeys of(byte[] master) {
        try {
            return new DataKeys("memory", new Ring(List.of(new Ring.Entry("only", base64(master)))));
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Ring.Entry fresh() {
        SecureRandom random = new SecureRandom();
        byte[] id = new byte[ID_BYTES];
        byte[] master = new byte[Aead.KEY_BYTES];
        random.nextBytes(id);
        random.nextBytes(master);
        return new Ring.Entry(HexFormat.of().formatHex(id), base64(master));
    }

    /** @param context what the value is for: it opens for that only */
    public Confidential.Sealed seal(String context, byte[] value) {
        Key key = Objects.requireNonNull(keys.get(presentId));
        byte[] nonce = Arrays.copyOf(digest(key.nonces(), context, value), NONCE_BYTES);
        return new Confidential.Sealed(presentId, base64(Aead.seal(key.values(), nonce, value, context)));
    }

    public byte[] open(String context, Confidential.Sealed sealed) throws UnsealException {
        return Aead.open(key(sealed.keyId()).values(), unbase64(sealed.box()), context);
    }

    /** An ephemeral private key for a value to a node: another for every other value, context and node. */
    byte[] ephemeral(Confidential.Sealed sealed, String context, String nodeKey) throws UnsealException {
        return digest(key(sealed.keyId()).ephemerals(), nodeKey + " " + context, unbase64(sealed.box()));
    }

    private Key key(String id) throws UnsealException {
        Key key = keys.get(id);
        if (key == null) {
            throw new UnsealException("data key " + id + " is not among those in " + file + " of this manager");
        }
        return key;
    }

    private static byte[] digest(byte[] key, String context, byte[] value) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            byte[] about = context.getBytes(StandardCharsets.UTF_8);
            // the length keeps context and value apart
            mac.update(java.nio.ByteBuffer.allocate(Integer.BYTES)
                    .putInt(about.length)
                    .array());
            mac.update(about);
            return mac.doFinal(value);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] unbase64(String text) throws UnsealException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new UnsealException("a sealed value is not base64");
        }
    }
}
