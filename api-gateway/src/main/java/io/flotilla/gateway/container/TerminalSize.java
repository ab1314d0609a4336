package io.flotilla.gateway.container;

import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Query;

/** The size a client gives its terminal. */
public final class TerminalSize {
    /** winsize(4) has 16 bits for each. */
    public static final int MAX = 0xffff;

    private TerminalSize() {}

    /** The h and w of a resize, both required. @throws ApiException 400 when one is none */
    public static ResizeRequest.Builder of(Query query) {
        return ResizeRequest.newBuilder()
                .setHeight(side(query.text("h"), "height"))
                .setWidth(side(query.text("w"), "width"));
    }

    private static int side(String text, String name) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > MAX) {
            throw ApiException.invalid("invalid resize " + name + " \"" + text + "\": invalid syntax");
        }
        return Integer.parseInt(text);
    }
}
