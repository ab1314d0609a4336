package io.flotilla.gateway.log;

import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Query;

/** What a client asked of a log. @param tail lines from the end, negative: all */
public record LogOptions(
        boolean stdout,
        boolean stderr,
        boolean follow,
        boolean timestamps,
        boolean details,
        long sinceNanos,
        long untilNanos,
        long tail) {

    /** @throws ApiException 400 when neither stream is asked for, or a time is none */
    public static LogOptions of(Query query) {
        if (!query.flag("stdout") && !query.flag("stderr")) {
            throw ApiException.invalid("Bad parameters: you must choose at least one stream");
        }
        return new LogOptions(
                query.flag("stdout"),
                query.flag("stderr"),
                query.flag("follow"),
                query.flag("timestamps"),
                query.flag("details"),
                query.nanos("since"),
                query.nanos("until"),
                tail(query.text("tail")));
    }

    // as dockerd: "all", "" and what is no number mean everything
    private static long tail(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    public LogsRequest request(String containerId) {
        return LogsRequest.newBuilder()
                .setContainerId(containerId)
                .setStdout(stdout)
                .setStderr(stderr)
                .setFollow(follow)
                .setSinceNanos(sinceNanos)
                .setUntilNanos(untilNanos)
                .setTail(tail)
                .build();
    }
}
