package io.flotilla.agent.nodeapi;

import io.flotilla.agent.exec.ExecSessions;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.stream.ContainerEventLog;
import io.flotilla.agent.stream.ContainerStreams;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.AttachRequest;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.ContainerServiceGrpc;
import io.flotilla.bus.rpc.ConvergeRequest;
import io.flotilla.bus.rpc.CreateExecRequest;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.ExecList;
import io.flotilla.bus.rpc.ExecRef;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.Observation;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StartExecRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.bus.rpc.WriteArchiveRequest;
import io.grpc.stub.StreamObserver;
import java.io.IOException;

/**
 * The node's side of ContainerService: hands each call to the class of its group. A call that is not here yet answers
 * UNIMPLEMENTED with its own name, which is what the generated interface does.
 */
public final class ContainerApi implements ContainerServiceGrpc.AsyncService {
    private final CallThreads threads;
    private final StreamCalls streams;
    private final FileCalls files;
    private final ContainerCalls containers;

    public ContainerApi(
            CallThreads threads,
            Containers containers,
            ContainerRuntime runtime,
            ContainerLogs logs,
            ContainerStreams streams,
            ExecSessions execs,
            ContainerEventLog events,
            FileCalls.Parts files) {
        this.threads = threads;
        this.files = new FileCalls(containers, files, events, threads);
        this.containers = new ContainerCalls(containers);
        this.streams = new StreamCalls(containers, runtime, logs, streams, execs, events, threads);
    }

    /** What a call answers with, once. */
    private interface Work<T> {
        T run() throws IOException, InterruptedException, ActionRefused, ImageRefused;
    }

    private <T> void answer(StreamObserver<T> replies, Work<T> work) {
        CallOutput<T> output = new CallOutput<>(replies);
        threads.run(output, () -> output.send(work.run()));
    }

    @Override
    public void converge(ConvergeRequest request, StreamObserver<Observation> replies) {
        containers.converge(request, replies);
    }

    @Override
    public void stopContainer(StopRequest request, StreamObserver<Observation> replies) {
        containers.stop(request, replies);
    }

    @Override
    public void restartContainer(StopRequest request, StreamObserver<Observation> replies) {
        containers.restart(request, replies);
    }

    @Override
    public void killContainer(SignalRequest request, StreamObserver<Observation> replies) {
        containers.kill(request, replies);
    }

    @Override
    public void pauseContainer(ContainerRef request, StreamObserver<Observation> replies) {
        containers.pause(request, replies);
    }

    @Override
    public void unpauseContainer(ContainerRef request, StreamObserver<Observation> replies) {
        containers.unpause(request, replies);
    }

    @Override
    public void removeContainer(RemoveRequest request, StreamObserver<Empty> replies) {
        containers.remove(request, replies);
    }

    @Override
    public void watchContainer(ContainerRef request, StreamObserver<Observation> replies) {
        containers.watch(request, replies);
    }

    @Override
    public StreamObserver<AttachRequest> attach(StreamObserver<StreamFrame> frames) {
        return streams.attach(frames);
    }

    @Override
    public void resizeContainer(ResizeRequest request, StreamObserver<Empty> replies) {
        answer(replies, () -> {
            streams.resizeContainer(request);
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void createExec(CreateExecRequest request, StreamObserver<ExecRef> replies) {
        answer(replies, () -> streams.createExec(request));
    }

    @Override
    public StreamObserver<StartExecRequest> startExec(StreamObserver<StreamFrame> frames) {
        return streams.startExec(frames);
    }

    @Override
    public void resizeExec(ResizeRequest request, StreamObserver<Empty> replies) {
        answer(replies, () -> {
            streams.resizeExec(request);
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void listExecs(ContainerRef request, StreamObserver<ExecList> replies) {
        answer(replies, () -> streams.listExecs(request));
    }

    @Override
    public void inspectExec(ExecRef request, StreamObserver<Json> replies) {
        answer(replies, () -> streams.inspectExec(request));
    }

    @Override
    public void changes(ContainerRef request, StreamObserver<Json> replies) {
        answer(replies, () -> files.changes(request));
    }

    @Override
    public void export(ContainerRef request, StreamObserver<Chunk> replies) {
        files.export(request, replies);
    }

    @Override
    public void statPath(PathRequest request, StreamObserver<Json> replies) {
        answer(replies, () -> files.stat(request));
    }

    @Override
    public void readArchive(PathRequest request, StreamObserver<ArchivePart> replies) {
        files.read(request, replies);
    }

    @Override
    public StreamObserver<WriteArchiveRequest> writeArchive(StreamObserver<Empty> replies) {
        return files.write(replies);
    }

    @Override
    public void commit(CommitRequest request, StreamObserver<Json> replies) {
        answer(replies, () -> files.commit(request));
    }
}
