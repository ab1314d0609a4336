package io.flotilla.manager.state;

import java.math.BigInteger;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Swarm's object IDs: 25 digits of base 36, from 128 bits of the generator the edge (or a simulation's seed) supplies. */
public final class Ids implements Supplier<String> {
    private static final int LENGTH = 25;

    private final RandomGenerator random;

    public Ids(RandomGenerator random) {
        this.random = random;
    }

    @Override
    public String get() {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        String digits = new BigInteger(1, bits).toString(36);
        return "0".repeat(LENGTH - digits.length()) + digits;
    }
}
