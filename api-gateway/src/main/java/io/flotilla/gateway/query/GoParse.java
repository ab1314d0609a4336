package io.flotilla.gateway.query;

import java.util.Set;

/** Parsing with the rules and the error texts of Go's strconv, which Docker's clients get to see. */
final class GoParse {
    private static final Set<String> FALSE_WORDS = Set.of("", "0", "no", "false", "none");

    private GoParse() {}

    /** httputils.BoolValue: everything but these few words is true. */
    static boolean looseBoolean(String text) {
        return !FALSE_WORDS.contains(text.trim().toLowerCase(java.util.Locale.ROOT));
    }

    static int integer(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("strconv.Atoi: parsing \"" + text + "\": invalid syntax", e);
        }
    }

    static long unsigned(String text) {
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("strconv.ParseUint: parsing \"" + text + "\": invalid syntax", e);
        }
    }

    static boolean strictBoolean(String text) {
        return switch (text) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            case "0", "f", "F", "false", "FALSE", "False" -> false;
            default ->
                throw new IllegalArgumentException("strconv.ParseBool: parsing \"" + text + "\": invalid syntax");
        };
    }
}
