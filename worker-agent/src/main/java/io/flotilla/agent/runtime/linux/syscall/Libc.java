package io.flotilla.agent.runtime.linux.syscall;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Map;

/**
 * The C library's functions the container runtime calls in the agent itself. Addresses are plain longs. A negative result
 * means an error that {@link #errno()} tells, on the same thread, before any other call.
 */
public final class Libc {
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;

    static {
        Native.register(Libc.class, NativeLibrary.getInstance("c", Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
    }

    private Libc() {}

    /** Error number of the last call of this thread that failed. */
    public static int errno() {
        return Native.getLastError();
    }

    public static native int open(String path, int flags, int mode);

    public static native int close(int fd);

    public static native long read(int fd, long address, long sizeBytes);

    public static native long write(int fd, long address, long sizeBytes);

    public static native int memfd_create(String name, int flags);

    public static native int mkfifo(String path, int mode);

    /** @param ends address of two ints: read end, write end */
    public static native int pipe2(long ends, int flags);

    public static native int fcntl(int fd, int command, long argument);

    public static native int fchown(int fd, int uid, int gid);

    public static native int epoll_create1(int flags);

    public static native int epoll_ctl(int epoll, int operation, int fd, long event);

    public static native int epoll_wait(int epoll, long events, int maxEvents, int timeoutMs);

    public static native int inotify_init1(int flags);

    public static native int inotify_add_watch(int fd, String path, int mask);

    public static native int eventfd(int initial, int flags);

    public static native int poll(long pollfds, long count, int timeoutMs);

    public static native int waitid(int idType, int id, long siginfo, int options);

    public static native int ioctl(int fd, long request, long address);

    public static native int setns(int fd, int type);

    public static native int prctl(int option, long arg2, long arg3, long arg4, long arg5);

    static native int clone(long function, long stackTop, int flags, long argument, long pidfd);

    static native int pthread_sigmask(int how, long set, long old);

    static native long mmap(long address, long sizeBytes, int protection, int flags, int fd, long offset);

    static native int mprotect(long address, long sizeBytes, int protection);

    private static native long syscall(long number, long a, long b, long c, long d, long e);

    /** pidfd_open(2). */
    public static int pidfdOpen(int pid) {
        return (int) syscall(Syscall.PIDFD_OPEN.number(Cpu.host()), pid, 0, 0, 0, 0);
    }

    /** pidfd_send_signal(2). */
    public static int pidfdSendSignal(int pidfd, int signal) {
        return (int) syscall(Syscall.PIDFD_SEND_SIGNAL.number(Cpu.host()), pidfd, signal, 0, 0, 0);
    }

    /** pidfd_getfd(2): a copy, close-on-exec, of another process's descriptor. */
    public static int pidfdGetfd(int pidfd, int fd) {
        return (int) syscall(Syscall.PIDFD_GETFD.number(Cpu.host()), pidfd, fd, 0, 0, 0);
    }

    /** openat2(2); {@code how} is the address of a struct open_how. */
    public static int openat2(int folder, long path, long how, int howBytes) {
        return (int) syscall(Syscall.OPENAT2.number(Cpu.host()), folder, path, how, howBytes, 0);
    }

    /** fsopen(2). */
    public static int fsopen(long type, int flags) {
        return (int) syscall(Syscall.FSOPEN.number(Cpu.host()), type, flags, 0, 0, 0);
    }

    /** fsconfig(2). */
    public static int fsconfig(int context, int command, long key, long value) {
        return (int) syscall(Syscall.FSCONFIG.number(Cpu.host()), context, command, key, value, 0);
    }

    /** fsmount(2). */
    public static int fsmount(int context, int flags, long attributes) {
        return (int) syscall(Syscall.FSMOUNT.number(Cpu.host()), context, flags, attributes, 0, 0);
    }

    /** bpf(2). */
    public static int bpf(int command, long attributes, int sizeBytes) {
        return (int) syscall(Syscall.BPF.number(Cpu.host()), command, attributes, sizeBytes, 0, 0);
    }
}
