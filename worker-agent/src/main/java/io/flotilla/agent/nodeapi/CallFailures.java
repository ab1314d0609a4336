package io.flotilla.agent.nodeapi;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.StartRefused;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.stats.ProcessTable;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;

/** What went wrong as gRPC status, with the message a Docker client is shown. */
final class CallFailures {
    private CallFailures() {}

    static StatusRuntimeException of(Throwable failure) {
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
            case StatusRuntimeException told -> told;
            case ActionRefused refused ->
                status(
                        switch (refused.reason()) {
                            case NOT_FOUND -> Status.NOT_FOUND;
                            case INVALID -> Status.INVALID_ARGUMENT;
                            case CONFLICT -> Status.FAILED_PRECONDITION;
                            case FORBIDDEN -> Status.PERMISSION_DENIED;
                        },
                        refused);
            case ImageRefused refused ->
                status(
                        switch (refused.reason()) {
                            case NOT_FOUND -> Status.NOT_FOUND;
                            case INVALID -> Status.INVALID_ARGUMENT;
                            case CONFLICT -> Status.FAILED_PRECONDITION;
                        },
                        refused);
            // whatever a registry answers, the call to this node itself went well: Docker gives 500 for the most of it
            case RegistryFailure failed ->
                status(
                        switch (failed.reason()) {
                            case NOT_FOUND -> Status.NOT_FOUND;
                            case UNAUTHORIZED -> Status.UNAUTHENTICATED;
                            case DENIED -> failed.code().equals("DENIED") ? Status.NOT_FOUND : Status.UNAUTHENTICATED;
                            case UNREACHABLE, REFUSED -> Status.INTERNAL;
                        },
                        failed);
            case StartRefused refused -> status(Status.INVALID_ARGUMENT, refused);
            // the client's mistake, as in Docker: a command that is not there or can't be executed, and whatever
            // another try would not mend
            case RuntimeFailure failed ->
                status(
                        failed.exitCode() == 128 && failed.retryable() ? Status.INTERNAL : Status.INVALID_ARGUMENT,
                        failed);
            case LogRefused refused -> status(Status.UNIMPLEMENTED, refused);
            case ProcessTable.UnsupportedOption refused -> status(Status.INVALID_ARGUMENT, refused);
            case RejectedExecutionException full ->
                Status.RESOURCE_EXHAUSTED
                        .withDescription("the node has too many calls under way")
                        .withCause(full)
                        .asRuntimeException();
            default -> status(Status.INTERNAL, failure);
        };
    }

    private static StatusRuntimeException status(Status status, Throwable failure) {
        return status.withDescription(Objects.requireNonNullElse(failure.getMessage(), failure.toString()))
                .withCause(failure)
                .asRuntimeException();
    }
}
