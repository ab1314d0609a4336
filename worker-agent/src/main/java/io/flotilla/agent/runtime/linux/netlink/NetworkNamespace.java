package io.flotilla.agent.runtime.linux.netlink;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Network namespaces held by a file, as ip-netns(8) does: a bind mount of the namespace keeps it alive without a process.
 *
 * <p>Work inside one is done by a thread of its own that enters it and then ends, so that no other thread ever has to find its
 * way back. The work must not start threads or complete futures: a thread inherits the namespaces of the one that starts it.
 *
 * <p>Copies of the bind mount that other mount namespaces took go away with the file: unlinking a mount point detaches
 * it wherever it is mounted (since Linux 3.18), so the mount needs no particular propagation.
 */
public final class NetworkNamespace {
    private static final Path OWN = Path.of("/proc/thread-self/ns/net");

    private NetworkNamespace() {}

    /**
     * Makes a namespace at the file, which appears only when the work inside has succeeded.
     *
     * @return what the work answered
     */
    public static <T> T create(Path file, Callable<T> inside) throws IOException {
        return onOwnThread("netns-create", () -> {
            if (NetlinkCalls.unshare(NetlinkCalls.CLONE_NEWNET) < 0) {
                throw new KernelException("unshare", "CLONE_NEWNET for " + file, Native.getLastError());
            }
            T answer = inside.call();
            if (Files.notExists(file)) {
                Files.createFile(file);
            }
            if (NetlinkCalls.mount(OWN.toString(), file.toString(), "none", NetlinkCalls.MS_BIND, "") < 0) {
                throw new KernelException("mount", "network namespace on " + file, Native.getLastError());
            }
            return answer;
        });
    }

    /** Does work inside the namespace of the file. */
    public static <T> T enter(Path file, Callable<T> inside) throws IOException {
        return onOwnThread("netns-enter", () -> {
            int fd = open(file);
            try {
                if (NetlinkCalls.setns(fd, NetlinkCalls.CLONE_NEWNET) < 0) {
                    throw new KernelException("setns", file.toString(), Native.getLastError());
                }
            } finally {
                NetlinkCalls.close(fd);
            }
            return inside.call();
        });
    }

    /** Whether the file is there and holds a namespace. */
    public static boolean exists(Path file) throws IOException {
        return Files.exists(file) && Files.getAttribute(file, "unix:dev").equals(Files.getAttribute(OWN, "unix:dev"));
    }

    /** Lets the namespace go; it ends when no process is in it any more. No error when there is none. */
    public static void delete(Path file) throws IOException {
        int flags = NetlinkCalls.MNT_DETACH | NetlinkCalls.UMOUNT_NOFOLLOW;
        // once for each bind mount that lies on the file: EINVAL says there is none left
        while (NetlinkCalls.umount2(file.toString(), flags) == 0) {}
        int errno = Native.getLastError();
        if (errno != Errno.EINVAL && errno != Errno.ENOENT) {
            throw new KernelException("umount2", file.toString(), errno);
        }
        Files.deleteIfExists(file);
    }

    /** A descriptor of the namespace; the caller closes it. */
    static int open(Path file) throws KernelException {
        int fd = NetlinkCalls.open(file.toString(), NetlinkCalls.O_RDONLY | NetlinkCalls.O_CLOEXEC);
        if (fd < 0) {
            throw new KernelException("open", file.toString(), Native.getLastError());
        }
        return fd;
    }

    private static <T> T onOwnThread(String name, Callable<T> work) throws IOException {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().name(name).daemon().start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // the work has begun to change the kernel; its own system calls are bounded
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw asThrown(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException asThrown(ExecutionException thrown) {
        return switch (thrown.getCause()) {
            case IOException failure -> failure;
            case RuntimeException bug -> throw bug;
            case Error bug -> throw bug;
            case null, default -> new IOException(thrown.getCause());
        };
    }
}
