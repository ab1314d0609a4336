package io.flotilla.agent.runtime.linux.netlink;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A netlink(7) socket. It belongs for ever to the network namespace of the thread that opened it; any thread may use it, one
 * request at a time. Waiting for the kernel is bounded: a late answer to an earlier request is told by its number and dropped.
 */
final class NetlinkSocket implements Closeable {
    private static final int NETLINK_ROUTE = 0;
    private static final int NETLINK_NETFILTER = 12;

    private static final long TIMEOUT_SECONDS = 10;
    /** The kernel makes no dump datagram longer than this (af_netlink.c). */
    private static final int RECEIVE_BYTES = 32 * 1024;

    private static final int MAX_INTERRUPTED_DUMPS = 16;
    private static final int MAX_DUMPED = 1 << 18;

    private final byte[] received = new byte[RECEIVE_BYTES];
    private int fd;
    private int sequence;

    private NetlinkSocket(int fd) {
        this.fd = fd;
    }

    static NetlinkSocket route() throws IOException {
        return open(NETLINK_ROUTE, "NETLINK_ROUTE");
    }

    static NetlinkSocket netfilter() throws IOException {
        return open(NETLINK_NETFILTER, "NETLINK_NETFILTER");
    }

    private static NetlinkSocket open(int protocol, String name) throws IOException {
        int fd = NetlinkCalls.socket(
                NetlinkCalls.AF_NETLINK, NetlinkCalls.SOCK_RAW | NetlinkCalls.SOCK_CLOEXEC, protocol);
        if (fd < 0) {
            throw new KernelException("socket", name, Native.getLastError());
        }
        NetlinkSocket socket = new NetlinkSocket(fd);
        try {
            byte[] timeval = ByteBuffer.allocate(16)
                    .order(ByteOrder.nativeOrder())
                    .putLong(TIMEOUT_SECONDS)
                    .putLong(0)
                    .array();
            socket.option(NetlinkCalls.SOL_SOCKET, NetlinkCalls.SO_RCVTIMEO, timeval);
            socket.option(NetlinkCalls.SOL_NETLINK, NetlinkCalls.NETLINK_CAP_ACK, one());
            socket.option(NetlinkCalls.SOL_NETLINK, NetlinkCalls.NETLINK_EXT_ACK, one());
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void option(int level, int option, byte[] value) throws KernelException {
        if (NetlinkCalls.setsockopt(fd, level, option, value, value.length) < 0) {
            throw new KernelException("setsockopt", "netlink option " + option, Native.getLastError());
        }
    }

    private static byte[] one() {
        return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    }

    /** Sends a request and waits until the kernel has done it. */
    synchronized void change(NetlinkRequest request) throws IOException {
        int number = send(request, NetlinkRequest.NLM_F_ACK);
        while (true) {
            for (NetlinkMessage message : receive(request, number)) {
                if (message.type() == NetlinkMessage.NLMSG_ERROR) {
                    check(request, message);
                    return;
                }
            }
        }
    }

    /** Asks for one object; empty when the kernel answers with the given errno. */
    synchronized Optional<NetlinkMessage> get(NetlinkRequest request, int absentErrno) throws IOException {
        int number = send(request, 0);
        while (true) {
            for (NetlinkMessage message : receive(request, number)) {
                if (message.type() != NetlinkMessage.NLMSG_ERROR) {
                    return Optional.of(message);
                }
                if (message.error() == -absentErrno) {
                    return Optional.empty();
                }
                check(request, message);
            }
        }
    }

    /**
     * All objects of a kind, as the function reads them; it leaves out what it answers with null. Asked again when they
     * changed meanwhile, so that the list is one the kernel had at one time.
     */
    synchronized <T> List<T> dump(NetlinkRequest request, Reading<T> reading) throws IOException {
        for (int attempt = 0; attempt < MAX_INTERRUPTED_DUMPS; attempt++) {
            List<T> objects = new ArrayList<>();
            if (dumpInto(objects, request, reading)) {
                return objects;
            }
        }
        throw new IOException(request.name() + ": changed during each of " + MAX_INTERRUPTED_DUMPS + " dumps");
    }

    private <T> boolean dumpInto(List<T> objects, NetlinkRequest request, Reading<T> reading) throws IOException {
        int number = send(request, NetlinkRequest.NLM_F_DUMP);
        boolean consistent = true;
        while (true) {
            for (NetlinkMessage message : receive(request, number)) {
                consistent &= (message.flags() & NetlinkMessage.NLM_F_DUMP_INTR) == 0;
                if (message.type() == NetlinkMessage.NLMSG_DONE || message.type() == NetlinkMessage.NLMSG_ERROR) {
                    check(request, message);
                    return consistent;
                }
                T object = reading.read(message);
                if (object != null) {
                    objects.add(object);
                }
                if (objects.size() > MAX_DUMPED) {
                    throw new IOException(request.name() + ": more than " + MAX_DUMPED + " objects");
                }
            }
        }
    }

    private static void check(NetlinkRequest request, NetlinkMessage message) throws IOException {
        int error = message.error();
        if (error != 0) {
            String why = message.explanation().map(text -> " (" + text + ")").orElse("");
            throw new KernelException(request.name(), request.target() + why, -error);
        }
    }

    private int send(NetlinkRequest request, int flags) throws IOException {
        byte[] message = request.encode(++sequence, flags);
        while (NetlinkCalls.send(openFd(), message, message.length, 0) < 0) {
            if (Native.getLastError() != Errno.EINTR) {
                throw new KernelException("send " + request.name(), request.target(), Native.getLastError());
            }
        }
        return sequence;
    }

    /** The next messages that answer the request of that number; none when it was another's. */
    private List<NetlinkMessage> receive(NetlinkRequest request, int number) throws IOException {
        long length = NetlinkCalls.recv(openFd(), received, received.length, NetlinkCalls.MSG_TRUNC);
        if (length < 0) {
            int errno = Native.getLastError();
            if (errno == Errno.EINTR) {
                return List.of();
            }
            if (errno == Errno.EAGAIN) {
                throw new IOException(request.name() + " " + request.target() + ": no answer from the kernel within "
                        + TIMEOUT_SECONDS + " s");
            }
            throw new KernelException("recv " + request.name(), request.target(), errno);
        }
        if (length > received.length) {
            throw new IOException(request.name() + ": an answer of " + length + " bytes");
        }
        return NetlinkMessage.decode(received, (int) length).stream()
                .filter(message -> message.sequence() == number)
                .toList();
    }

    private int openFd() throws IOException {
        if (fd < 0) {
            throw new IOException("netlink socket is closed");
        }
        return fd;
    }

    @Override
    public synchronized void close() {
        if (fd >= 0) {
            // close(2) releases the descriptor whatever it returns
            NetlinkCalls.close(fd);
            fd = -1;
        }
    }

    /** Makes an object of a message; null leaves it out. */
    @FunctionalInterface
    interface Reading<T> {
        @Nullable
        T read(NetlinkMessage message) throws IOException;
    }
}
