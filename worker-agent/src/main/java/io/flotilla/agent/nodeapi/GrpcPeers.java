package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.flotilla.agent.reconcile.ImageInventory;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.FetchImageRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Takes images from the NodeService of other nodes, a chunk at a time as they are read. */
public final class GrpcPeers implements ImageInventory.Peers {
    private static final long DEADLINE_MINUTES = 30;

    private final Function<String, ManagedChannel> channels;

    /** @param channels opens a channel to a node's address; it is closed with the image's stream */
    public GrpcPeers(Function<String, ManagedChannel> channels) {
        this.channels = channels;
    }

    @Override
    public InputStream fetch(String imageId, Holder from) throws IOException {
        ManagedChannel channel = channels.apply(from.address());
        Context.CancellableContext context = Context.current().withCancellation();
        Context before = context.attach();
        try {
            Iterator<Chunk> chunks = NodeServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(DEADLINE_MINUTES, TimeUnit.MINUTES)
                    .fetchImage(
                            FetchImageRequest.newBuilder().setImageId(imageId).build());
            return new FetchedArchive(chunks, channel, context);
        } finally {
            context.detach(before);
        }
    }

    private static final class FetchedArchive extends InputStream {
        private final Iterator<Chunk> chunks;
        private final ManagedChannel channel;
        private final Context.CancellableContext context;
        private ByteString current = ByteString.EMPTY;
        private int position;

        FetchedArchive(Iterator<Chunk> chunks, ManagedChannel channel, Context.CancellableContext context) {
            this.chunks = chunks;
            this.channel = channel;
            this.context = context;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                while (position == current.size()) {
                    if (!chunks.hasNext()) {
                        return -1;
                    }
                    current = chunks.next().getData();
                    position = 0;
                }
            } catch (StatusRuntimeException e) {
                String description = e.getStatus().getDescription();
                throw new IOException(
                        description == null ? e.getStatus().getCode().name() : description, e);
            }
            int count = Math.min(length, current.size() - position);
            current.copyTo(into, position, offset, count);
            position += count;
            return count;
        }

        @Override
        public void close() {
            context.cancel(new CancellationException("no more of the image is wanted"));
            channel.shutdownNow();
        }
    }
}
