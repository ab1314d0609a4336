package io.flotilla.manager.control;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.rpc.ControlGrpc;
import io.flotilla.bus.rpc.ExecuteReply;
import io.flotilla.bus.rpc.ExecuteRequest;
import io.flotilla.bus.rpc.ManagerStatusReply;
import io.flotilla.bus.rpc.ManagerStatusRequest;
import io.flotilla.bus.rpc.NotLeader;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The managers' gRPC service: commands on the leader, and how this manager sees its group. Any thread. */
public final class ControlService implements ControlGrpc.AsyncService {
    /** A config of Docker's 1000 KiB in base64; what is larger could not be committed as one object. */
    private static final int MAX_COMMAND_BYTES = 2 * 1024 * 1024;

    /**
     * How the service sees the manager.
     *
     * @param leaderAddress of the leader's service, null while there is none; only asked when this manager does not lead
     */
    public record Lead(boolean here, @Nullable String leaderAddress) {}

    private final Supplier<Lead> lead;
    private final Function<Command, CompletableFuture<Reply>> execute;
    private final Supplier<ManagerStatusReply> status;

    public ControlService(
            Supplier<Lead> lead,
            Function<Command, CompletableFuture<Reply>> execute,
            Supplier<ManagerStatusReply> status) {
        this.lead = lead;
        this.execute = execute;
        this.status = status;
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteReply> observer) {
        Lead now = lead.get();
        if (!now.here()) {
            String address = now.leaderAddress() == null ? "" : now.leaderAddress();
            observer.onNext(ExecuteReply.newBuilder()
                    .setNotLeader(NotLeader.newBuilder().setLeaderAddress(address))
                    .build());
            observer.onCompleted();
            return;
        }
        if (request.getCommand().size() > MAX_COMMAND_BYTES) {
            observer.onError(Status.INVALID_ARGUMENT
                    .withDescription("a command of " + request.getCommand().size() + " bytes is over the limit of "
                            + MAX_COMMAND_BYTES)
                    .asException());
            return;
        }
        Command command;
        try {
            command = Codec.JSON.decode(request.getCommand().toByteArray(), Command.class);
        } catch (IOException e) {
            observer.onError(Status.INVALID_ARGUMENT
                    .withDescription("not a command: " + e.getMessage())
                    .asException());
            return;
        }
        execute.apply(command)
                .whenComplete((reply, failure) -> answer(observer, reply, failure))
                .isDone();
    }

    @Override
    public void status(ManagerStatusRequest request, StreamObserver<ManagerStatusReply> observer) {
        observer.onNext(status.get());
        observer.onCompleted();
    }

    private static void answer(
            StreamObserver<ExecuteReply> observer, @Nullable Reply reply, @Nullable Throwable failure) {
        if (reply == null) {
            observer.onError(Status.INTERNAL
                    .withDescription(String.valueOf(failure))
                    .withCause(failure)
                    .asException());
            return;
        }
        observer.onNext(ExecuteReply.newBuilder()
                .setReply(ByteString.copyFrom(Codec.JSON.encode(reply)))
                .build());
        observer.onCompleted();
    }
}
