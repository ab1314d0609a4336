package io.flotilla.bus.seal;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import javax.crypto.KeyAgreement;

/** The function of RFC 7748 over its 32-byte strings, by the JDK's provider. */
final class X25519 {
    static final int BYTES = 32;
    private static final byte[] BASE_POINT = point(9);

    private X25519() {}

    static byte[] publicKey(byte[] privateKey) {
        try {
            return agree(privateKey, BASE_POINT);
        } catch (UnsealException e) {
            throw new IllegalStateException("the base point is of full order", e);
        }
    }

    /** @throws UnsealException the public key is none: of small order, which no one makes by accident, or not 32 bytes */
    static byte[] agree(byte[] privateKey, byte[] publicKey) throws UnsealException {
        if (publicKey.length != BYTES) {
            throw new UnsealException("a public key of " + publicKey.length + " bytes is none");
        }
        try {
            KeyFactory keys = KeyFactory.getInstance("X25519");
            PrivateKey own = keys.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, privateKey));
            PublicKey other =
                    keys.generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, coordinate(publicKey)));
            KeyAgreement agreement = KeyAgreement.getInstance("X25519");
            agreement.init(own);
            agreement.doPhase(other, true);
            return agreement.generateSecret();
        } catch (GeneralSecurityException e) {
            throw new UnsealException("the public key is not one of X25519", e);
        }
    }

    /** Little-endian, the highest bit ignored. */
    private static BigInteger coordinate(byte[] publicKey) {
        byte[] bigEndian = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bigEndian[i] = publicKey[BYTES - 1 - i];
        }
        bigEndian[0] &= 0x7f;
        return new BigInteger(1, bigEndian);
    }

    private static byte[] point(int u) {
        byte[] point = new byte[BYTES];
        point[0] = (byte) u;
        return point;
    }
}
