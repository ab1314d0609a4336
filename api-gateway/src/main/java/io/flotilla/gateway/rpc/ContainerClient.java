package io.flotilla.gateway.rpc;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StartExecOptions;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.rpc.WriteArchiveOptions;
import io.flotilla.bus.schema.Node;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * What is done to one container at its node. Blocks; safe for many virtual threads. Every call fails with an {@link
 * io.flotilla.gateway.error.ApiException}, 503 when the node does not answer.
 */
public interface ContainerClient extends AutoCloseable {
    /** Returns when the node has made the assignment true. @param index Raft index it was committed at */
    ContainerObserved converge(Node node, Assignment assignment, long index);

    /** The container as it is, then each later observation; ends when it has been removed. */
    NodeStream<ContainerObserved> watch(Node node, String containerId);

    /** Returns when the container has exited. */
    ContainerObserved stop(Node node, StopRequest request);

    ContainerObserved restart(Node node, StopRequest request);

    ContainerObserved kill(Node node, SignalRequest request);

    ContainerObserved pause(Node node, String containerId);

    ContainerObserved unpause(Node node, String containerId);

    void remove(Node node, RemoveRequest request);

    /** Its first frame is empty: the client is attached then. */
    NodeSession attach(Node node, AttachOptions options);

    void resize(Node node, ResizeRequest request);

    /** @param config JSON of ExecConfig; returns the exec's ID */
    String createExec(Node node, String containerId, byte[] config);

    NodeSession startExec(Node node, StartExecOptions options);

    void resizeExec(Node node, ResizeRequest request);

    /** JSON of ExecInspect. */
    byte[] inspectExec(Node node, String execId);

    /** IDs of a container's execs that have not ended. */
    List<String> execIds(Node node, String containerId);

    /** JSON array of FilesystemChange. */
    byte[] changes(Node node, String containerId);

    /** A tar, in pieces. */
    NodeStream<byte[]> export(Node node, String containerId);

    /** JSON of PathStat. */
    byte[] stat(Node node, PathRequest request);

    /** First the stat, then the tar in pieces. */
    NodeStream<ArchivePart> readArchive(Node node, PathRequest request);

    /**
     * Returns when the archive is unpacked.
     *
     * @throws IOException when reading the archive failed; the node has been told to stop
     */
    void writeArchive(Node node, WriteArchiveOptions options, InputStream archive) throws IOException;

    /** JSON of LoadedImage. */
    byte[] commit(Node node, CommitRequest request);

    @Override
    void close();
}
