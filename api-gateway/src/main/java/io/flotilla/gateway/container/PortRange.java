package io.flotilla.gateway.container;

import io.flotilla.gateway.error.ApiException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A filter value port[-port][/protocol]. */
record PortRange(int first, int last, String protocol) {
    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?(?:/(tcp|udp|sctp))?");

    /** @throws ApiException 400 when it is none */
    static PortRange parse(String key, String text) {
        Matcher match = SYNTAX.matcher(text);
        if (!match.matches()) {
            throw ApiException.invalid("invalid filter '" + key + "=" + text + "'");
        }
        int first = Integer.parseInt(match.group(1));
        int last = match.group(2) == null ? first : Integer.parseInt(match.group(2));
        return new PortRange(first, last, match.group(3) == null ? "tcp" : match.group(3));
    }

    boolean includes(@Nullable Integer port, @Nullable String type) {
        return port != null && first <= port && port <= last && protocol.equals(type);
    }
}
