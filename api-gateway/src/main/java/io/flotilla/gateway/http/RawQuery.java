package io.flotilla.gateway.http;

import java.nio.charset.StandardCharsets;

/** Queries written by hand, as `?filters={"label":["a"]}`: Go's server takes them, a Java URI does not. */
final class RawQuery {
    private static final String ILLEGAL = "\"<>\\^`{|}[] ";

    private RawQuery() {}

    static boolean needsEncoding(String query) {
        return query.chars().anyMatch(RawQuery::illegal);
    }

    private static boolean illegal(int c) {
        return c <= 0x20 || c >= 0x7f || ILLEGAL.indexOf(c) >= 0;
    }

    /** The same query with what may not stand in one percent-encoded. */
    static String encode(String query) {
        StringBuilder encoded = new StringBuilder(query.length() + 32);
        for (byte b : query.getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xff;
            if (illegal(c)) {
                encoded.append(String.format("%%%02X", c));
            } else {
                encoded.append((char) c);
            }
        }
        return encoded.toString();
    }
}
