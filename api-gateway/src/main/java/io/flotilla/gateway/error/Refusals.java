package io.flotilla.gateway.error;

import io.flotilla.bus.command.Refusal;

/** The one mapping of the managers' refusals to HTTP. */
public final class Refusals {
    private Refusals() {}

    public static ApiException asFailure(Refusal refusal) {
        return switch (refusal.kind()) {
            case INVALID -> new ApiException(400, refusal.message());
            case FORBIDDEN -> new ApiException(403, refusal.message());
            case NOT_FOUND -> new ApiException(404, refusal.message());
            case CONFLICT -> new ApiException(409, refusal.message());
            // dockerd has no status of its own for SwarmKit's error; clients look for the wording to try again
            case OUT_OF_SEQUENCE -> new ApiException(500, refusal.message());
            case NOT_IMPLEMENTED -> new ApiException(501, refusal.message());
            case UNAVAILABLE -> new ApiException(503, refusal.message());
        };
    }
}
