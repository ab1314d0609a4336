package io.flotilla.agent.stream;

import java.io.ByteArrayOutputStream;
import java.util.Optional;

/** The keys that end a session with a terminal and leave its process running: moby's term.ToBytes. */
public record DetachKeys(String octets) {
    private static final char CTRL_P = 16;
    private static final char CTRL_Q = 17;
    private static final char DEL = 127;
    private static final DetachKeys DEFAULT = new DetachKeys("" + CTRL_P + CTRL_Q);

    /**
     * @param text such as ctrl-p,ctrl-q or a,b; empty for Docker's default
     * @return empty when there is no such key
     */
    public static Optional<DetachKeys> parse(String text) {
        if (text.isEmpty()) {
            return Optional.of(DEFAULT);
        }
        StringBuilder octets = new StringBuilder();
        for (String key : text.split(",", -1)) {
            int octet = octet(key);
            if (octet < 0) {
                return Optional.empty();
            }
            octets.append((char) octet);
        }
        return Optional.of(new DetachKeys(octets.toString()));
    }

    private static int octet(String key) {
        if (key.length() == 1 && key.charAt(0) < DEL) {
            return key.charAt(0);
        }
        if (key.equals("DEL")) {
            return DEL;
        }
        if (!key.startsWith("ctrl-") || key.length() != "ctrl-".length() + 1) {
            return -1;
        }
        char control = key.charAt(key.length() - 1);
        if (control >= 'a' && control <= 'z') {
            return control - 'a' + 1;
        }
        return switch (control) {
            case '@' -> 0;
            case '[' -> 27;
            case '\\' -> 28;
            case ']' -> 29;
            case '^' -> 30;
            case '_' -> 31;
            default -> -1;
        };
    }

    Scanner scanner() {
        return new Scanner();
    }

    /** Looks for the keys in what is typed; holds back their beginning until it is clear what it is. One thread at a time. */
    final class Scanner {
        private int matched;

        /** @return what goes on to the process; of typed text with all of the keys, what came before them */
        byte[] pass(byte[] typed) {
            ByteArrayOutputStream passed = new ByteArrayOutputStream(typed.length + matched);
            for (byte each : typed) {
                char octet = (char) Byte.toUnsignedInt(each);
                if (octet != octets.charAt(matched)) {
                    for (int i = 0; i < matched; i++) {
                        passed.write(octets.charAt(i));
                    }
                    matched = 0;
                }
                if (octet != octets.charAt(matched)) {
                    passed.write(octet);
                } else if (++matched == octets.length()) {
                    return passed.toByteArray();
                }
            }
            return passed.toByteArray();
        }

        /** All keys were typed. Nothing may be passed any more. */
        boolean detached() {
            return matched == octets.length();
        }
    }
}
