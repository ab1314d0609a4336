package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pseudo terminals (pty(7)) of containers, always of the container's own devpts: its programs find theirs in /dev/pts. The
 * slave stays open here as long as the master: a container that closes its terminal for a while, as an init system does, is
 * not taken for one that has ended.
 *
 * @param slave close-on-exec, becomes the process's stdin, stdout and stderr
 */
record Terminal(SharedDescriptor master, SharedDescriptor slave) implements AutoCloseable {
    private static final int O_NOCTTY = 0x100;
    private static final int O_PATH = 0x200000;
    private static final int MASTER_FLAGS = Libc.O_RDWR | O_NOCTTY | Libc.O_NONBLOCK | Libc.O_CLOEXEC;
    private static final int SLAVE_FLAGS = Libc.O_RDWR | O_NOCTTY | Libc.O_CLOEXEC;

    // asm-generic/ioctls.h
    static final int TIOCSCTTY = 0x540E;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int TIOCSPTLCK = 0x4004_5431;

    private static final int FSOPEN_CLOEXEC = 1;
    private static final int FSMOUNT_CLOEXEC = 1;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;

    private static final int OPEN_HOW_BYTES = 24;
    private static final long RESOLVE_NO_MAGICLINKS = 2;
    private static final long RESOLVE_NO_SYMLINKS = 4;
    private static final long RESOLVE_IN_ROOT = 0x10;

    /**
     * A new devpts, mounted nowhere yet: the container attaches it.
     *
     * @param options of the mount, as in the OCI specification
     */
    static int newDevpts(List<String> options, Descriptors descriptors) throws KernelException {
        MountOptions parsed = MountOptions.parse(options);
        try (var arena = Arena.ofConfined()) {
            int context =
                    check("fsopen", Libc.fsopen(arena.allocateFrom("devpts").address(), FSOPEN_CLOEXEC));
            try {
                for (String option : parsed.data().split(",")) {
                    configure(context, option, arena);
                }
                check("fsconfig", Libc.fsconfig(context, FSCONFIG_CMD_CREATE, 0, 0));
                return descriptors.adopt(
                        check("fsmount", Libc.fsmount(context, FSMOUNT_CLOEXEC, parsed.attributesToSet())));
            } finally {
                Libc.close(context);
            }
        }
    }

    private static void configure(int context, String option, Arena arena) throws KernelException {
        int equals = option.indexOf('=');
        // the option of old: with fsopen(2) every devpts is a new instance
        if (!option.isEmpty() && !option.equals("newinstance")) {
            String key = equals < 0 ? option : option.substring(0, equals);
            long value = equals < 0
                    ? 0
                    : arena.allocateFrom(option.substring(equals + 1)).address();
            int command = equals < 0 ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
            check(
                    "fsconfig " + option,
                    Libc.fsconfig(context, command, arena.allocateFrom(key).address(), value));
        }
    }

    /** The next terminal of a devpts that {@link #newDevpts} made. */
    static Terminal of(int devpts) throws KernelException {
        return ofMaster(Descriptors.openForGood(Path.of("/proc/self/fd/" + devpts + "/ptmx"), MASTER_FLAGS));
    }

    /** One of the host's own, for a runtime that makes the container's itself and passes on what comes. */
    static Terminal ofHost() throws KernelException {
        return ofMaster(Descriptors.openForGood(Path.of("/dev/ptmx"), MASTER_FLAGS));
    }

    /** The next terminal of the container this process is in; no link the container has made leads out of it. */
    static Terminal inContainer(int pid) throws KernelException {
        try (var descriptors = new Descriptors();
                var arena = Arena.ofConfined()) {
            int root = descriptors.open(Path.of("/proc/" + pid + "/root"), O_PATH);
            MemorySegment how = arena.allocate(OPEN_HOW_BYTES, Long.BYTES);
            how.set(ValueLayout.JAVA_LONG, 0, MASTER_FLAGS);
            how.set(ValueLayout.JAVA_LONG, 16, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
            long path = arena.allocateFrom("dev/pts/ptmx").address();
            return ofMaster(check("open /dev/pts/ptmx", Libc.openat2(root, path, how.address(), OPEN_HOW_BYTES)));
        }
    }

    /** @param master taken over, and closed when this fails */
    static Terminal ofMaster(int master) throws KernelException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment unlocked = arena.allocate(ValueLayout.JAVA_INT);
            check("ioctl TIOCSPTLCK", Libc.ioctl(master, TIOCSPTLCK, unlocked.address()));
            int slave = check("ioctl TIOCGPTPEER", Libc.ioctl(master, TIOCGPTPEER, SLAVE_FLAGS));
            return new Terminal(new SharedDescriptor(master), new SharedDescriptor(slave));
        } catch (KernelException e) {
            Libc.close(master);
            throw e;
        }
    }

    /** Its owner is the user of the process, as a login's would be. */
    void prepare(int uid, @Nullable ConsoleSize size) throws KernelException {
        final int keepGroup = -1;
        check("fchown of the terminal", slave.use(fd -> Libc.fchown(fd, uid, keepGroup)));
        if (size != null) {
            resize(size.rows(), size.columns());
        }
    }

    /** Tells the foreground processes by SIGWINCH. Nothing happens when the terminal is closed. */
    void resize(int rows, int columns) throws KernelException {
        check("ioctl TIOCSWINSZ", master.use(fd -> setSize(fd, rows, columns)));
    }

    /** The terminal that is another process's stdin, if it is one. */
    static void resizeStdin(SharedDescriptor pidfd, int rows, int columns) throws KernelException {
        int stdin = pidfd.use(fd -> Libc.pidfdGetfd(fd, 0));
        if (stdin > 0) {
            setSize(stdin, rows, columns);
            Libc.close(stdin);
        }
    }

    private static int setSize(int fd, int rows, int columns) {
        try (var arena = Arena.ofConfined()) {
            // struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; }
            MemorySegment size = arena.allocate(8, 2);
            size.set(ValueLayout.JAVA_SHORT, 0, (short) rows);
            size.set(ValueLayout.JAVA_SHORT, 2, (short) columns);
            return Libc.ioctl(fd, TIOCSWINSZ, size.address());
        }
    }

    private static int check(String operation, int result) throws KernelException {
        if (result < 0) {
            throw new KernelException(operation, "", Libc.errno());
        }
        return result;
    }

    @Override
    public void close() {
        master.close();
        slave.close();
    }
}
