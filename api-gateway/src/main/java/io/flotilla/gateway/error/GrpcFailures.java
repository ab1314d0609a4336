package io.flotilla.gateway.error;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;

/** The one mapping of a node's gRPC status (node.proto) to HTTP. */
public final class GrpcFailures {
    private GrpcFailures() {}

    /** @param target whom the call went to, for failures of the call itself */
    public static ApiException asFailure(StatusRuntimeException failure, String target) {
        Status status = failure.getStatus();
        String description = Objects.requireNonNullElse(status.getDescription(), "");
        return switch (status.getCode()) {
            case NOT_FOUND -> new ApiException(404, description, failure);
            case INVALID_ARGUMENT, OUT_OF_RANGE -> new ApiException(400, description, failure);
            case FAILED_PRECONDITION, ALREADY_EXISTS -> new ApiException(409, description, failure);
            case UNAUTHENTICATED -> new ApiException(401, description, failure);
            case PERMISSION_DENIED -> new ApiException(403, description, failure);
            case UNIMPLEMENTED -> new ApiException(501, description, failure);
            case RESOURCE_EXHAUSTED -> new ApiException(503, description, failure);
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED ->
                new ApiException(503, target + " does not answer: " + reason(failure), failure);
            default ->
                new ApiException(500, description.isEmpty() ? target + ": " + status.getCode() : description, failure);
        };
    }

    private static String reason(StatusRuntimeException failure) {
        Throwable cause = failure.getCause();
        if (cause != null && cause.getMessage() != null) {
            return cause.getMessage();
        }
        return Objects.requireNonNullElse(
                failure.getStatus().getDescription(),
                failure.getStatus().getCode().name());
    }
}
