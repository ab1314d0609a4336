package io.flotilla.agent.runtime.linux;

import java.util.Map;

/** The error numbers the agent decides on or has to explain; values are the kernel's generic ones (errno(3)). */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ENOTEMPTY = 39;
    public static final int EADDRINUSE = 98;

    private static final Map<Integer, String> TEXT = Map.ofEntries(
            Map.entry(EPERM, "operation not permitted"),
            Map.entry(ENOENT, "no such file or directory"),
            Map.entry(ESRCH, "no such process"),
            Map.entry(EINTR, "interrupted system call"),
            Map.entry(EIO, "input/output error"),
            Map.entry(ENXIO, "no such device or address"),
            Map.entry(7, "argument list too long"),
            Map.entry(8, "exec format error"),
            Map.entry(9, "bad file descriptor"),
            Map.entry(10, "no child processes"),
            Map.entry(EAGAIN, "resource temporarily unavailable"),
            Map.entry(ENOMEM, "cannot allocate memory"),
            Map.entry(EACCES, "permission denied"),
            Map.entry(EBUSY, "device or resource busy"),
            Map.entry(EEXIST, "file exists"),
            Map.entry(18, "invalid cross-device link"),
            Map.entry(ENODEV, "no such device"),
            Map.entry(ENOTDIR, "not a directory"),
            Map.entry(21, "is a directory"),
            Map.entry(EINVAL, "invalid argument"),
            Map.entry(23, "too many open files in system"),
            Map.entry(24, "too many open files"),
            Map.entry(25, "inappropriate ioctl for device"),
            Map.entry(26, "text file busy"),
            Map.entry(ENOSPC, "no space left on device"),
            Map.entry(30, "read-only file system"),
            Map.entry(EPIPE, "broken pipe"),
            Map.entry(36, "file name too long"),
            Map.entry(38, "function not implemented"),
            Map.entry(ENOTEMPTY, "directory not empty"),
            Map.entry(40, "too many levels of symbolic links"),
            Map.entry(95, "operation not supported"),
            Map.entry(EADDRINUSE, "address already in use"),
            Map.entry(99, "cannot assign requested address"));

    private Errno() {}

    /** Go's wording, which Docker's clients and users know, with the number where the table has no text. */
    public static String describe(int errno) {
        return TEXT.getOrDefault(errno, "errno " + errno);
    }
}
