package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.rpc.ControlGrpc;
import io.flotilla.bus.rpc.ExecuteReply;
import io.flotilla.bus.rpc.ExecuteRequest;
import io.flotilla.gateway.error.ApiException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Finds the leader by asking: begins with the one that answered last, follows a follower's hint, and goes round the
 * configured managers while none leads. A command is sent again only when the last manager cannot have run it.
 */
public final class GrpcManagerClient implements ManagerClient {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final Duration ELECTION_PAUSE = Duration.ofMillis(50);

    private final List<String> addresses;
    private final Channels channels;
    /** The one that answered last; a guess, so that a race does no harm. */
    private volatile String leader;

    public GrpcManagerClient(List<String> addresses, Dialer dialer) {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("no manager address");
        }
        this.addresses = List.copyOf(addresses);
        this.channels = new Channels(dialer);
        this.leader = addresses.getFirst();
    }

    @Override
    public Reply execute(Command command) {
        ExecuteRequest request = ExecuteRequest.newBuilder()
                .setCommand(ByteString.copyFrom(Codec.JSON.encode(command)))
                .build();
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        String address = leader;
        String reason = "no manager was asked";
        for (int attempt = 0; System.nanoTime() < deadline; attempt++) {
            Answer answer = ask(address, request, deadline);
            switch (answer) {
                case Answer.Replied replied -> {
                    leader = address;
                    return replied.reply();
                }
                case Answer.Elsewhere elsewhere -> {
                    reason = address + " says " + elsewhere.address() + " leads";
                    address = elsewhere.address();
                }
                case Answer.NotRun notRun -> {
                    reason = notRun.reason();
                    address = addresses.get(attempt % addresses.size());
                }
            }
            // a hint is followed at once, but not in circles
            if (!(answer instanceof Answer.Elsewhere) || attempt % 4 == 3) {
                pause();
            }
        }
        throw ApiException.unavailable("The swarm does not have a leader. It's possible that too few managers are"
                + " online. Make sure more than half of the managers are online. (" + reason + ")");
    }

    private sealed interface Answer {
        record Replied(Reply reply) implements Answer {}

        record Elsewhere(String address) implements Answer {}

        /** The manager did not run the command, now or later. */
        record NotRun(String reason) implements Answer {}
    }

    private Answer ask(String address, ExecuteRequest request, long deadlineNanos) {
        try {
            ExecuteReply reply = ControlGrpc.newBlockingStub(channels.to(address))
                    .withDeadlineAfter(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)
                    .execute(request);
            return switch (reply.getAnswerCase()) {
                case REPLY ->
                    new Answer.Replied(Codec.JSON.decode(reply.getReply().toByteArray(), Reply.class));
                case NOT_LEADER -> {
                    String hint = reply.getNotLeader().getLeaderAddress();
                    yield hint.isEmpty() ? new Answer.NotRun(address + " knows no leader") : new Answer.Elsewhere(hint);
                }
                case ANSWER_NOT_SET -> throw ApiException.failed("empty answer of manager " + address);
            };
        } catch (IOException e) {
            throw new ApiException(500, "cannot read the answer of manager " + address + ": " + e.getMessage(), e);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNAVAILABLE && neverSent(e)) {
                return new Answer.NotRun(
                        address + " does not answer: " + e.getStatus().getDescription());
            }
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                throw ApiException.invalid(String.valueOf(e.getStatus().getDescription()));
            }
            throw new ApiException(
                    503,
                    "manager " + address + " did not answer (" + e.getStatus() + "); the change may have been made",
                    e);
        }
    }

    // a Unix socket that is not there is a file not found
    private static boolean neverSent(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException || cause instanceof FileNotFoundException) {
                return true;
            }
        }
        return false;
    }

    private static void pause() {
        try {
            Thread.sleep(ELECTION_PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(503, "interrupted while looking for the leader", e);
        }
    }

    @Override
    public void close() {
        channels.close();
    }
}
