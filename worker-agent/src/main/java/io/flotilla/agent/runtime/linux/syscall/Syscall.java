package io.flotilla.agent.runtime.linux.syscall;

/** The system calls a {@link SyscallProgram} may use, with their numbers on each CPU type (unistd.h). */
public enum Syscall {
    WRITE(1, 64),
    RT_SIGACTION(13, 134),
    RT_SIGPROCMASK(14, 135),
    IOCTL(16, 29),
    SOCKET(41, 198),
    EXECVE(59, 221),
    CHDIR(80, 49),
    UMASK(95, 166),
    SETSID(112, 157),
    SETGROUPS(116, 159),
    SETRESUID(117, 147),
    SETRESGID(119, 149),
    CAPSET(126, 91),
    PIVOT_ROOT(155, 41),
    PRCTL(157, 167),
    MOUNT(165, 40),
    UMOUNT2(166, 39),
    SETHOSTNAME(170, 161),
    SETDOMAINNAME(171, 162),
    KEYCTL(250, 219),
    OPENAT(257, 56),
    MKDIRAT(258, 34),
    MKNODAT(259, 33),
    FCHOWNAT(260, 54),
    SYMLINKAT(266, 36),
    UNSHARE(272, 97),
    DUP3(292, 24),
    PRLIMIT64(302, 261),
    SETNS(308, 268),
    SECCOMP(317, 277),
    BPF(321, 280),
    PIDFD_SEND_SIGNAL(424, 424),
    OPEN_TREE(428, 428),
    MOVE_MOUNT(429, 429),
    FSOPEN(430, 430),
    FSCONFIG(431, 431),
    FSMOUNT(432, 432),
    PIDFD_OPEN(434, 434),
    CLOSE_RANGE(436, 436),
    OPENAT2(437, 437),
    PIDFD_GETFD(438, 438),
    MOUNT_SETATTR(442, 442);

    private final int x8664;
    private final int aarch64;

    Syscall(int x8664, int aarch64) {
        this.x8664 = x8664;
        this.aarch64 = aarch64;
    }

    int number(Cpu cpu) {
        return switch (cpu) {
            case X86_64 -> x8664;
            case AARCH64 -> aarch64;
        };
    }

    /** As the kernel and its manual write it. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
