package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.none;
import static io.flotilla.agent.runtime.linux.syscall.Argument.resultOf;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.texts;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.linux.syscall.Argument;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a process does to itself before its command, be it a container's first or one executed in it. */
final class ProcessSteps {
    private static final int ENOSYS = 38;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int CAPABILITY_VERSION_3 = 0x2008_0522;
    private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_BYTES = 8;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int LAST_STANDARD_SIGNAL = 31;
    private static final int SIGACTION_BYTES = 32;
    private static final long LAST_FD = 0xffff_ffffL;
    /** Of the first descriptor after stdio; {@link #keepOpen} may put something there. */
    static final int FIRST_FD_AFTER_STDIO = 3;
    /** Descriptors that are to be moved to low numbers have numbers no smaller, so that none is lost by another's move. */
    static final int ABOVE_LOW_NUMBERS = 16;

    /** getrlimit(2), numbers of both CPU types. */
    private static final List<String> RLIMITS = List.of(
            "RLIMIT_CPU",
            "RLIMIT_FSIZE",
            "RLIMIT_DATA",
            "RLIMIT_STACK",
            "RLIMIT_CORE",
            "RLIMIT_RSS",
            "RLIMIT_NPROC",
            "RLIMIT_NOFILE",
            "RLIMIT_MEMLOCK",
            "RLIMIT_AS",
            "RLIMIT_LOCKS",
            "RLIMIT_SIGPENDING",
            "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE",
            "RLIMIT_RTPRIO",
            "RLIMIT_RTTIME");

    private final Steps steps;
    private final RuntimeSpec.Process process;
    private final HostKernel host;

    ProcessSteps(Steps steps, RuntimeSpec.Process process, HostKernel host) {
        this.steps = steps;
        this.process = process;
        this.host = host;
    }

    /** A session, and in it for a process with a terminal that one as the controlling terminal. */
    void newSession() {
        steps.add("new session", Syscall.SETSID);
        steps.add("session keyring", Syscall.KEYCTL, value(KEYCTL_JOIN_SESSION_KEYRING), none())
                .ignoring(ENOSYS);
    }

    void takeStdio(Launch.Stdio stdio) {
        steps.add("stdin", Syscall.DUP3, value(stdio.in()), value(0), value(0));
        steps.add("stdout", Syscall.DUP3, value(stdio.out()), value(1), value(0));
        steps.add("stderr", Syscall.DUP3, value(stdio.err()), value(2), value(0));
        if (process.terminal()) {
            steps.add("controlling terminal", Syscall.IOCTL, value(0), value(Terminal.TIOCSCTTY), value(0));
        }
    }

    /** @return the descriptor's number from now on, which {@link #closeAllFrom} can spare */
    int keepOpen(int descriptor, int index) {
        int number = FIRST_FD_AFTER_STDIO + index;
        steps.add("keep descriptor", Syscall.DUP3, value(descriptor), value(number), value(0));
        return number;
    }

    void closeAllFrom(int first) {
        steps.add("close descriptors", Syscall.CLOSE_RANGE, value(first), value(LAST_FD), value(0));
    }

    /** From here to the command; needs CAP_SYS_ADMIN or no_new_privs for the filter: with the latter it can come last. */
    void become(Optional<byte[]> filter) {
        if (!process.noNewPrivileges()) {
            filterSystemCalls(filter);
        }
        changeUser();
        steps.add(
                "signal mask",
                Syscall.RT_SIGPROCMASK,
                value(SIG_SETMASK),
                bytes(new byte[SIGSET_BYTES]),
                none(),
                value(SIGSET_BYTES));
        if (process.noNewPrivileges()) {
            steps.add("no new privileges", Syscall.PRCTL, value(PR_SET_NO_NEW_PRIVS), value(1));
            filterSystemCalls(filter);
        }
        execute();
    }

    /** What the agent ignores, say SIGHUP below nohup, would stay ignored; what it handles must not run in the child. */
    void defaultSignals() {
        Argument defaultAction = bytes(new byte[SIGACTION_BYTES]);
        for (int signal = 1; signal <= LAST_STANDARD_SIGNAL; signal++) {
            if (signal != SIGKILL && signal != SIGSTOP) {
                steps.add(
                        "signal " + signal,
                        Syscall.RT_SIGACTION,
                        value(signal),
                        defaultAction,
                        none(),
                        value(SIGSET_BYTES));
            }
        }
    }

    /** Through the host's /proc. */
    void adjustOomScore() {
        if (process.oomScoreAdj() != null) {
            steps.writeFile("oom_score_adj", "/proc/self/oom_score_adj", Integer.toString(process.oomScoreAdj()));
        }
    }

    /** A step that opens where {@link #applyAppArmor} writes, while the host's /proc is in sight. */
    void openAppArmor(int index) {
        final int writeOnly = 1;
        if (process.apparmorProfile() != null) {
            var open = steps.add(
                    "AppArmor",
                    Syscall.OPENAT,
                    value(Steps.AT_FDCWD),
                    text("/proc/self/attr/apparmor/exec"),
                    value(writeOnly));
            steps.add("AppArmor", Syscall.DUP3, resultOf(open), value(FIRST_FD_AFTER_STDIO + index), value(0))
                    .ignoring(Errno.EINVAL); // opened as that number already
        }
    }

    /** The profile holds from the execve on (apparmor.d(5), aa_change_onexec(2)). */
    void applyAppArmor(int index) {
        String profile = process.apparmorProfile();
        if (profile != null) {
            String order = "exec " + profile;
            steps.add(
                    "AppArmor profile " + profile,
                    Syscall.WRITE,
                    value(FIRST_FD_AFTER_STDIO + index),
                    text(order),
                    value(order.length()));
        }
    }

    void limit() {
        for (Rlimit limit : process.rlimits()) {
            int resource = RLIMITS.indexOf(limit.type());
            if (resource < 0) {
                throw new IllegalArgumentException("invalid rlimit type: " + limit.type());
            }
            byte[] softAndHard = ByteBuffer.allocate(16)
                    .order(ByteOrder.nativeOrder())
                    .putLong(limit.soft())
                    .putLong(limit.hard())
                    .array();
            steps.add(
                    "limit " + limit.type() + " " + limit.soft() + ":" + limit.hard(),
                    Syscall.PRLIMIT64,
                    value(0),
                    value(resource),
                    bytes(softAndHard),
                    none());
        }
    }

    void restrictCapabilities() {
        Set<Integer> kept = Capabilities.numbers(process.capabilities());
        for (int capability = 0; capability <= host.lastCapability(); capability++) {
            if (!kept.contains(capability)) {
                steps.add("drop capability " + capability, Syscall.PRCTL, value(PR_CAPBSET_DROP), value(capability));
            }
        }
        // nothing inheritable, and with it nothing ambient. The rest is cut by execve: what is permitted now is what a
        // signal from the container must not be able to reach while the agent's memory is shared
        long effective = host.effective();
        long permitted = host.permitted();
        var sets = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
        for (int half = 0; half < 2; half++) {
            sets.putInt((int) (effective >>> 32 * half))
                    .putInt((int) (permitted >>> 32 * half))
                    .putInt(0);
        }
        byte[] header = ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(CAPABILITY_VERSION_3)
                .array();
        steps.add("inheritable capabilities", Syscall.CAPSET, bytes(header), bytes(sets.array()));
    }

    void changeToWorkingFolder(boolean makeIt) {
        String folder = process.cwd().isEmpty() ? "/" : process.cwd();
        if (!folder.startsWith("/")) {
            throw new IllegalArgumentException(
                    "the working directory '" + folder + "' is invalid, it needs to be an absolute path");
        }
        if (makeIt) {
            steps.makeFolders(Path.of(folder).normalize().toString());
        }
        steps.changeFolder("chdir to cwd (\"" + folder + "\")", folder);
    }

    private void filterSystemCalls(Optional<byte[]> filter) {
        filter.ifPresent(instructions -> steps.add(
                "seccomp profile",
                Syscall.SECCOMP,
                value(SECCOMP_SET_MODE_FILTER),
                value(0),
                new Argument.Filter(instructions)));
    }

    private void changeUser() {
        int uid = process.user().uid();
        int gid = process.user().gid();
        List<Integer> groups = process.user().additionalGids();
        var list =
                ByteBuffer.allocate(Integer.BYTES * Math.max(1, groups.size())).order(ByteOrder.nativeOrder());
        groups.forEach(list::putInt);
        steps.add("groups " + groups, Syscall.SETGROUPS, value(groups.size()), bytes(list.array()));
        steps.add("group " + gid, Syscall.SETRESGID, value(gid), value(gid), value(gid));
        steps.add("user " + uid, Syscall.SETRESUID, value(uid), value(uid), value(uid));
    }

    /** The search of execvp(3): in the container, as its user, by trying. */
    private void execute() {
        Argument args = texts(process.args());
        Argument env = texts(process.env());
        List<String> candidates = candidates();
        for (int i = 0; i < candidates.size(); i++) {
            var step = steps.add(candidates.get(i), Syscall.EXECVE, text(candidates.get(i)), args, env);
            if (i < candidates.size() - 1) {
                step.ignoring(Errno.ENOENT, Errno.EACCES, Errno.ENOTDIR);
            }
        }
    }

    private List<String> candidates() {
        String command = process.args().getFirst();
        if (command.contains("/")) {
            return List.of(command);
        }
        String path = process.env().stream()
                .filter(variable -> variable.startsWith("PATH="))
                .findFirst()
                .orElse(Defaults.PATH);
        List<String> candidates = List.of(path.substring("PATH=".length()).split(":")).stream()
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> folder + "/" + command)
                .toList();
        // execve of an empty path is ENOENT: not found, as it should be
        return candidates.isEmpty() || command.isEmpty() ? List.of("") : candidates;
    }
}
