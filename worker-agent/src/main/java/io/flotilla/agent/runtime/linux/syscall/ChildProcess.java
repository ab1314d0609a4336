package io.flotilla.agent.runtime.linux.syscall;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Runs a {@link SyscallProgram} in a child made by {@code clone(CLONE_VM|CLONE_VFORK)}: the child shares the JVM's memory,
 * runs nothing but the interpreter's few instructions on a stack of its own, and the calling thread stays in clone until the
 * child has executed its command or died. No page table is copied and no JVM thread changes identity.
 *
 * <p>Callable on any platform thread, by several at once. HotSpot is unaware of the child: signals that could reach a JVM
 * handler in it are blocked until the program has put the default handlers back.
 */
public final class ChildProcess {
    // see clone(2)
    private static final int CLONE_VM = 0x100;
    private static final int CLONE_PIDFD = 0x1000;
    private static final int CLONE_VFORK = 0x4000;
    private static final int SIGCHLD = 17;

    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_BYTES = 128;
    private static final int STACK_BYTES = 16 * 1024;

    private static final int EXEC_LOOK_MS = 1;
    private static final long EXEC_TIMEOUT_NANOS = 10_000_000_000L;

    private static final int PR_SET_NAME = 15;

    /** Name of the child until execve gives it the command's, so that a death before is told from one after. */
    static final String NAME_BEFORE_EXEC = "flotilla:setup";

    private static final long CODE = mapInterpreter(Cpu.host());

    private ChildProcess() {}

    /** The first step every program starts with. */
    public static SyscallProgram.Step nameStep(SyscallProgram program) {
        return program.add("process name", Syscall.PRCTL, Argument.value(PR_SET_NAME), Argument.text(NAME_BEFORE_EXEC));
    }

    /**
     * Runs the program in a new child, and waits until its command executes or it has failed.
     *
     * @param namespaceFlags CLONE_NEW* flags of the child
     */
    public static Outcome run(SyscallProgram program, int namespaceFlags) {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a child process needs a platform thread: its signal mask is changed");
        }
        if (program.steps().isEmpty() || program.steps().getLast().call() != Syscall.EXECVE) {
            throw new IllegalStateException("a program has to end in execve");
        }
        try (var arena = Arena.ofConfined()) {
            var table = new SyscallTable(program, Cpu.host(), arena);
            MemorySegment stack = arena.allocate(STACK_BYTES, 16);
            MemorySegment pidfd = arena.allocate(ValueLayout.JAVA_INT);
            int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | namespaceFlags;
            MemorySegment blocked = allButFaults(arena);
            MemorySegment before = arena.allocate(SIGSET_BYTES, Long.BYTES);
            Libc.pthread_sigmask(SIG_BLOCK, blocked.address(), before.address());
            int pid;
            int errno;
            try {
                pid = Libc.clone(CODE, stack.address() + STACK_BYTES, flags, table.address(), pidfd.address());
                errno = Libc.errno();
            } finally {
                Libc.pthread_sigmask(SIG_SETMASK, before.address(), 0);
            }
            return pid < 0
                    ? new Outcome.NotCloned(errno)
                    : examine(program, table, pid, pidfd.get(ValueLayout.JAVA_INT, 0));
        }
    }

    private static Outcome examine(SyscallProgram program, SyscallTable table, int pid, int pidfd) {
        for (var step : program.steps()) {
            long result = table.result(step);
            if (result == SyscallTable.NOT_REACHED) {
                return step.call() == Syscall.EXECVE ? afterExec(step, pid, pidfd) : reapKilled(step, pidfd);
            }
            if (SyscallTable.isError(result) && !step.ignores((int) -result)) {
                reap(pidfd);
                return new Outcome.StepFailed(step, (int) -result);
            }
        }
        throw new IllegalStateException("the last execve returned success");
    }

    /**
     * An execve that did not return has run the command, or a signal (a seccomp filter's, say) came in between. The kernel
     * wakes the parent just before it gives the child its new name, and when it dies also before it can be waited for: so
     * the first of both to be seen tells.
     */
    private static Outcome afterExec(SyscallProgram.Step step, int pid, int pidfd) {
        long deadline = System.nanoTime() + EXEC_TIMEOUT_NANOS;
        while (NAME_BEFORE_EXEC.equals(commandName(pid))) {
            if (PidFd.awaitEnd(pidfd, EXEC_LOOK_MS) && NAME_BEFORE_EXEC.equals(commandName(pid))) {
                return reapKilled(step, pidfd);
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("process " + pid + " neither executes its command nor ends");
            }
        }
        return new Outcome.Executing(pid, pidfd);
    }

    private static Outcome reapKilled(SyscallProgram.Step step, int pidfd) {
        return new Outcome.Killed(reap(pidfd).signal(), step);
    }

    private static ExitStatus reap(int pidfd) {
        // the child has left our memory, so it is past exit_group or a fatal signal: this wait is short
        ExitStatus status = PidFd.waitAndReap(pidfd);
        Libc.close(pidfd);
        return status;
    }

    private static String commandName(int pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** HotSpot needs the signals of its own faults unblocked, see its os_posix signal handling. */
    private static MemorySegment allButFaults(Arena arena) {
        MemorySegment set = arena.allocate(SIGSET_BYTES, Long.BYTES).fill((byte) 0xff);
        long faults = 0;
        for (int signal : new int[] {4 /* ILL */, 5 /* TRAP */, 7 /* BUS */, 8 /* FPE */, 11 /* SEGV */}) {
            faults |= 1L << (signal - 1);
        }
        set.set(ValueLayout.JAVA_LONG, 0, ~faults);
        return set;
    }

    private static long mapInterpreter(Cpu cpu) {
        final int pageBytes = 65536; // a multiple of every page size of both CPU types
        final int readWrite = 3;
        final int readExecute = 5;
        final int privateAnonymous = 0x22;
        byte[] code = cpu.interpreter();
        long address = Libc.mmap(0, pageBytes, readWrite, privateAnonymous, -1, 0);
        if (address == -1) {
            throw new IllegalStateException("mmap for the system call interpreter: errno " + Libc.errno());
        }
        MemorySegment.copy(
                code,
                0,
                MemorySegment.ofAddress(address).reinterpret(pageBytes),
                ValueLayout.JAVA_BYTE,
                0,
                code.length);
        // making the page executable also synchronises the instruction cache (arm64: __sync_icache_dcache)
        if (Libc.mprotect(address, pageBytes, readExecute) < 0) {
            throw new IllegalStateException("mprotect of the system call interpreter: errno " + Libc.errno());
        }
        return address;
    }
}
