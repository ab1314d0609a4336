package io.flotilla.agent.nodeapi;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.exec.ExecSessions;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.log.LogQuery;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.nodeapi.SessionCall.Part;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.reconcile.ContainerLogOptions;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import io.flotilla.agent.stream.ClientSession;
import io.flotilla.agent.stream.ContainerEventLog;
import io.flotilla.agent.stream.ContainerStreams;
import io.flotilla.agent.stream.DetachKeys;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.rpc.AttachRequest;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.CreateExecRequest;
import io.flotilla.bus.rpc.ExecList;
import io.flotilla.bus.rpc.ExecRef;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.bus.rpc.StartExecOptions;
import io.flotilla.bus.rpc.StartExecRequest;
import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.bus.schema.ExecConfig;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The calls that join a client with a process: attach and exec, and the sizes of their terminals. */
final class StreamCalls {
    private final Containers containers;
    private final ContainerRuntime runtime;
    private final ContainerLogs logs;
    private final ContainerStreams streams;
    private final ExecSessions execs;
    private final ContainerEventLog events;
    private final CallThreads threads;

    StreamCalls(
            Containers containers,
            ContainerRuntime runtime,
            ContainerLogs logs,
            ContainerStreams streams,
            ExecSessions execs,
            ContainerEventLog events,
            CallThreads threads) {
        this.containers = containers;
        this.runtime = runtime;
        this.logs = logs;
        this.streams = streams;
        this.execs = execs;
        this.events = events;
        this.threads = threads;
    }

    StreamObserver<AttachRequest> attach(StreamObserver<StreamFrame> frames) {
        return new SessionCall<AttachRequest, AttachOptions>(frames, threads, StreamCalls::part, this::attach).begin();
    }

    private static Part<AttachOptions> part(AttachRequest request) {
        return switch (request.getPartCase()) {
            case OPTIONS -> new Part.Options<>(request.getOptions());
            case STDIN -> new Part.Input<>(request.getStdin());
            case STDIN_CLOSED -> new Part.InputClosed<>();
            case PART_NOT_SET -> new Part.Unknown<>();
        };
    }

    private void attach(AttachOptions options, SessionCall<AttachRequest, AttachOptions> call)
            throws ActionRefused, IOException, LogRefused, InterruptedException {
        ContainerRecord container = containers.find(options.getContainerId());
        boolean terminal = container.spec().process().terminal();
        boolean once = Boolean.TRUE.equals(container.config().stdinOnce());
        boolean stdin = options.getStdin()
                && options.getStream()
                && container.spec().process().openStdin();
        ClientSession session = call.session(new ClientSession.Terms(
                wanted(options.getStdout(), options.getStderr()),
                stdin,
                keys(terminal, options.getDetachKeys()),
                once && !terminal,
                options.getLogs()));
        session.onDetach(() -> events.add(container.id(), "detach", Map.of()));
        events.add(container.id(), "attach", Map.of());
        if (options.getLogs()) {
            LogQuery all = new LogQuery(0, 0, -1, false);
            streams.attachWithLog(
                    container.id(),
                    session,
                    () -> logs.read(container.id(), container.logFile(), ContainerLogOptions.of(container), all),
                    options.getStream());
        } else if (options.getStream()) {
            streams.attach(container.id(), session);
        } else {
            session.processEnded(null);
        }
    }

    private static Set<Stream> wanted(boolean stdout, boolean stderr) {
        EnumSet<Stream> wanted = EnumSet.noneOf(Stream.class);
        if (stdout) {
            wanted.add(Stream.STDOUT);
        }
        if (stderr) {
            wanted.add(Stream.STDERR);
        }
        return wanted;
    }

    private static @Nullable DetachKeys keys(boolean terminal, @Nullable String text) throws ActionRefused {
        String keys = Objects.requireNonNullElse(text, "");
        DetachKeys parsed = DetachKeys.parse(keys)
                .orElseThrow(() -> new ActionRefused(Reason.INVALID, "Invalid detach keys (" + keys + ") provided"));
        return terminal ? parsed : null;
    }

    void resizeContainer(ResizeRequest request) throws ActionRefused, RuntimeFailure {
        ContainerRecord container = containers.find(request.getId());
        if (!container.running()) {
            throw new ActionRefused(Reason.CONFLICT, "container " + container.id() + " is not running");
        }
        runtime.resize(container.id(), request.getHeight(), request.getWidth());
    }

    ExecRef createExec(CreateExecRequest request) throws ActionRefused {
        ExecConfig config;
        try {
            config = Codec.JSON.decode(request.getConfig().toByteArray(), ExecConfig.class);
        } catch (IOException unreadable) {
            throw new ActionRefused(Reason.INVALID, String.valueOf(unreadable.getMessage()));
        }
        keys(config.tty(), config.detachKeys());
        String id = execs.create(request.getContainerId(), config);
        return ExecRef.newBuilder().setExecId(id).build();
    }

    StreamObserver<StartExecRequest> startExec(StreamObserver<StreamFrame> frames) {
        return new SessionCall<StartExecRequest, StartExecOptions>(frames, threads, StreamCalls::part, this::startExec)
                .begin();
    }

    private static Part<StartExecOptions> part(StartExecRequest request) {
        return switch (request.getPartCase()) {
            case OPTIONS -> new Part.Options<>(request.getOptions());
            case STDIN -> new Part.Input<>(request.getStdin());
            case STDIN_CLOSED -> new Part.InputClosed<>();
            case PART_NOT_SET -> new Part.Unknown<>();
        };
    }

    private void startExec(StartExecOptions options, SessionCall<StartExecRequest, StartExecOptions> call)
            throws ActionRefused, IOException {
        ConsoleSize size = options.getHeight() == 0 && options.getWidth() == 0
                ? null
                : new ConsoleSize(options.getHeight(), options.getWidth());
        if (options.getDetach()) {
            execs.startDetached(options.getExecId(), size);
            call.done();
            return;
        }
        ExecConfig config = execs.config(options.getExecId());
        ClientSession session = call.session(new ClientSession.Terms(
                wanted(config.attachStdout(), config.attachStderr()),
                config.attachStdin(),
                keys(config.tty(), config.detachKeys()),
                !config.tty(),
                false));
        execs.startAttached(options.getExecId(), size, session);
    }

    void resizeExec(ResizeRequest request) throws ActionRefused, RuntimeFailure {
        execs.resize(request.getId(), new ConsoleSize(request.getHeight(), request.getWidth()));
    }

    ExecList listExecs(ContainerRef request) throws ActionRefused {
        String containerId = containers.find(request.getContainerId()).id();
        return ExecList.newBuilder().addAllExecId(execs.ids(containerId)).build();
    }

    Json inspectExec(ExecRef request) throws ActionRefused {
        return NodeApi.json(execs.inspect(request.getExecId()));
    }
}
