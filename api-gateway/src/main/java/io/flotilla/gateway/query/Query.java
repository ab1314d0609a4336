package io.flotilla.gateway.query;

import io.flotilla.gateway.error.ApiException;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The query parameters of one call. Wrong values are refused with 400 and Docker's wording. */
public final class Query {
    private final MultiMap parameters;

    public Query(MultiMap parameters) {
        this.parameters = parameters;
    }

    /** The first value, empty where there is none. */
    public String text(String name) {
        String value = parameters.get(name);
        return value == null ? "" : value;
    }

    public List<String> all(String name) {
        return parameters.getAll(name);
    }

    public boolean has(String name) {
        return parameters.contains(name);
    }

    /** As httputils.BoolValue: absent, "", 0, no, false and none are false. */
    public boolean flag(String name) {
        return GoParse.looseBoolean(text(name));
    }

    /** As httputils.BoolValueOrDefault. */
    public boolean flag(String name, boolean whenAbsent) {
        return has(name) ? flag(name) : whenAbsent;
    }

    /** As strconv.ParseBool; absent is false. */
    public boolean strictFlag(String name) {
        if (text(name).isEmpty()) {
            return false;
        }
        try {
            return GoParse.strictBoolean(text(name));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("invalid value for " + name + ": " + text(name) + ": " + e.getMessage());
        }
    }

    public Optional<Integer> integer(String name) {
        if (text(name).isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(GoParse.integer(text(name)));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid(String.valueOf(e.getMessage()));
        }
    }

    /** The required version parameter of an update. @param kind swarm, node, service */
    public long objectVersion(String kind) {
        try {
            return GoParse.unsigned(text("version"));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("invalid " + kind + " version '" + text("version") + "': " + e.getMessage());
        }
    }

    /** Nanoseconds since the epoch, 0 where absent. */
    public long nanos(String name) {
        String value = text(name);
        return value.isEmpty() ? 0 : Timestamps.nanos(value);
    }

    /** The filters parameter. @param allowed keys this call knows; another one is refused */
    public Filters filters(Set<String> allowed) {
        return Filters.parse(text("filters"), allowed);
    }

    /** The filters parameter of a call that ignores keys it does not know. */
    public Filters filters() {
        return Filters.parse(text("filters"));
    }
}
