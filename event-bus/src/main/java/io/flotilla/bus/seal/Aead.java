package io.flotilla.bus.seal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-256-GCM (NIST SP 800-38D) over boxes of nonce, ciphertext and tag, and the keys for it by HKDF-SHA256 (RFC 5869). */
public final class Aead {
    public static final int KEY_BYTES = 32;
    static final int NONCE_BYTES = 12;
    private static final int TAG_BYTES = 16;
    static final int OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

    private Aead() {}

    /**
     * @param nonce never the same for two values under one key
     * @param context what the value is for: a box opens for that only
     */
    public static byte[] seal(byte[] key, byte[] nonce, byte[] value, String context) {
        try {
            byte[] box = Arrays.copyOf(nonce, OVERHEAD_BYTES + value.length);
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, context);
            cipher.doFinal(value, 0, value.length, box, NONCE_BYTES);
            return box;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    /** @throws UnsealException another key, another context, or not what was sealed */
    public static byte[] open(byte[] key, byte[] box, String context) throws UnsealException {
        if (box.length < OVERHEAD_BYTES) {
            throw new UnsealException("the sealed value is cut short: " + box.length + " bytes");
        }
        try {
            byte[] nonce = Arrays.copyOf(box, NONCE_BYTES);
            return cipher(Cipher.DECRYPT_MODE, key, nonce, context).doFinal(box, NONCE_BYTES, box.length - NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new UnsealException("the sealed value does not open for " + context, e);
        }
    }

    private static Cipher cipher(int mode, byte[] key, byte[] nonce, String context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
        cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /** A key for one use, from secret input of any form. @param use unlike those of all other keys of the same input */
    public static byte[] derive(byte[] input, byte[] use) {
        try {
            SecretKey material = new SecretKeySpec(input, "Generic");
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract().addIKM(material).thenExpand(use, KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Java 25 has HKDF-SHA256", e);
        }
    }
}
