package io.flotilla.gateway.version;

import java.util.Comparator;

/** A version of the Engine API. */
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
    public static final ApiVersion OLDEST = new ApiVersion(1, 24);
    public static final ApiVersion NEWEST = new ApiVersion(1, 52);

    private static final Comparator<ApiVersion> ORDER =
            Comparator.comparingInt(ApiVersion::major).thenComparingInt(ApiVersion::minor);

    /** @param text digits, a point, digits */
    public static ApiVersion parse(String text) {
        int point = text.indexOf('.');
        return new ApiVersion(part(text.substring(0, point)), part(text.substring(point + 1)));
    }

    // more digits than a number holds are newer than anything
    private static int part(String digits) {
        return digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
    }

    public static ApiVersion of(int minor) {
        return new ApiVersion(1, minor);
    }

    public boolean before(int minor) {
        return compareTo(of(minor)) < 0;
    }

    @Override
    public int compareTo(ApiVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
