package io.flotilla.bus.seal;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Base64;

/**
 * A value not everyone may read. It is plain between a client's gateway and the leader only; what decides, the log, the
 * snapshots and the topics have it sealed.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "Confidential")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Confidential.Plain.class, name = "Plain"),
    @JsonSubTypes.Type(value = Confidential.Sealed.class, name = "Sealed"),
})
public sealed interface Confidential {

    /** @param data base64 (RFC 4648 section 4); anything else is no value */
    record Plain(String data) implements Confidential {
        public Plain {
            requireBase64(data);
        }

        public static Plain of(byte[] data) {
            return new Plain(Base64.getEncoder().encodeToString(data));
        }

        private static void requireBase64(String data) {
            Base64.getDecoder().decode(data);
        }

        public byte[] bytes() {
            return Base64.getDecoder().decode(data);
        }

        /** Never the value: this is what a log would show. */
        @Override
        public String toString() {
            return "Plain[...]";
        }
    }

    /**
     * Sealed with a data key of the managers. Two are equal exactly when the same value was sealed with the same key for the
     * same use.
     *
     * @param keyId which data key
     * @param box base64 of nonce, ciphertext and tag of AES-256-GCM
     */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    record Sealed(String keyId, String box) implements Confidential {
        /** How many bytes the value has. */
        public int sizeBytes() {
            int padding = box.endsWith("==") ? 2 : box.endsWith("=") ? 1 : 0;
            return box.length() / 4 * 3 - padding - Aead.OVERHEAD_BYTES;
        }

        @Override
        public String toString() {
            return "Sealed[" + keyId + ", " + sizeBytes() + " bytes]";
        }
    }
}
