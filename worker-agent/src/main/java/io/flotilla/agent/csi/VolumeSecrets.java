package io.flotilla.agent.csi;

import io.flotilla.agent.value.HeldValues;
import io.flotilla.bus.assignment.Assignment.VolumeSecret;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.seal.UnsealException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values a plugin is called with, open for the time of a call only. */
final class VolumeSecrets {
    private VolumeSecrets() {}

    /** @return by the keys the plugin knows them by @throws VolumeFailure one can't be had */
    static Map<String, String> open(HeldValues values, List<VolumeSecret> secrets) throws VolumeFailure {
        Map<String, String> open = new LinkedHashMap<>();
        for (VolumeSecret secret : secrets) {
            if (secret.value() == null) {
                throw new VolumeFailure("secret " + secret.name() + ": "
                        + (secret.problem() == null ? "it came without a value" : secret.problem()));
            }
            try {
                open.put(
                        secret.key(),
                        values.open(secret.value(), StoredValue.context(ObjectKind.SECRET, secret.name())));
            } catch (UnsealException e) {
                throw new VolumeFailure("secret " + secret.name() + ": " + e.getMessage());
            }
        }
        return open;
    }
}
