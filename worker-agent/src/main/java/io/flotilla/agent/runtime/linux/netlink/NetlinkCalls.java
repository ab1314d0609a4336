package io.flotilla.agent.runtime.linux.netlink;

import com.sun.jna.Native;
import com.sun.jna.Platform;

/**
 * The C library's functions this package needs, mapped directly. Each returns -1 on failure; the errno then is
 * {@link Native#getLastError()}, which is only meaningful after a failure.
 */
final class NetlinkCalls {
    static final int AF_NETLINK = 16;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOL_SOCKET = 1;
    static final int SO_RCVTIMEO = 20;
    static final int SOL_NETLINK = 270;
    static final int NETLINK_CAP_ACK = 10;
    static final int NETLINK_EXT_ACK = 11;
    static final int MSG_TRUNC = 0x20;

    static final int O_RDONLY = 0;
    static final int O_CLOEXEC = 0x80000;
    static final int CLONE_NEWNET = 0x40000000;
    static final long MS_BIND = 0x1000;
    static final int MNT_DETACH = 2;
    static final int UMOUNT_NOFOLLOW = 8;

    static {
        Native.register(NetlinkCalls.class, Platform.C_LIBRARY_NAME);
    }

    private NetlinkCalls() {}

    static native int socket(int domain, int type, int protocol);

    static native int setsockopt(int fd, int level, int option, byte[] value, int length);

    static native long send(int fd, byte[] data, long length, int flags);

    static native long recv(int fd, byte[] data, long length, int flags);

    static native int open(String path, int flags);

    static native int close(int fd);

    static native int unshare(int flags);

    static native int setns(int fd, int type);

    static native int mount(String source, String target, String type, long flags, String data);

    static native int umount2(String target, int flags);
}
