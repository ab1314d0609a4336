package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.none;
import static io.flotilla.agent.runtime.linux.syscall.Argument.resultOf;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.texts;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.linux.syscall.Argument;
import io.flotilla.agent.runtime.linux.syscall.ChildProcess;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Translates a container into the system calls its first process makes on itself, from the clone to the execve. The order
 * matters and is told in {@link #build}. A pure function of the specification and of what {@link Launch} found out.
 */
final class ContainerProgram {
    private static final int ENOSYS = 38;
    private static final int CLONE_NEWCGROUP = 0x0200_0000;
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
    private static final int FIRST_FD_AFTER_STDIO = 3;

    private static final Map<NamespaceType, Integer> CLONE_FLAGS = Map.of(
            NamespaceType.MOUNT, 0x0002_0000,
            NamespaceType.CGROUP, CLONE_NEWCGROUP,
            NamespaceType.UTS, 0x0400_0000,
            NamespaceType.IPC, 0x0800_0000,
            NamespaceType.USER, 0x1000_0000,
            NamespaceType.PID, 0x2000_0000,
            NamespaceType.NETWORK, 0x4000_0000);

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

    private final RuntimeSpec spec;
    private final RuntimeSpec.Process process;
    private final Launch launch;
    private final SyscallProgram program = new SyscallProgram();
    private final Steps steps = new Steps(program);

    private ContainerProgram(RuntimeSpec spec, Launch launch) {
        this.spec = spec;
        this.process = spec.process();
        this.launch = launch;
    }

    /** @throws IllegalArgumentException where the specification has a value no kernel understands */
    static SyscallProgram of(RuntimeSpec spec, Launch launch) {
        return new ContainerProgram(spec, launch).build();
    }

    static int cloneFlag(NamespaceType type) {
        Integer flag = CLONE_FLAGS.get(type);
        return flag == null ? 0 : flag;
    }

    /** CLONE_NEW* of all namespaces the child is born in; the cgroup one comes after it has joined its cgroups. */
    static int cloneFlags(RuntimeSpec spec) {
        return spec.namespaces().stream()
                .filter(namespace -> namespace.path() == null && namespace.type() != NamespaceType.CGROUP)
                .mapToInt(namespace -> cloneFlag(namespace.type()))
                .reduce(0, (left, right) -> left | right);
    }

    static boolean isNew(RuntimeSpec spec, NamespaceType type) {
        return spec.namespaces().contains(new Namespace(type, null));
    }

    private SyscallProgram build() {
        ChildProcess.nameStep(program);
        defaultSignals();
        joinCgroups();
        joinNamespaces();
        steps.add("new session", Syscall.SETSID);
        steps.add("session keyring", Syscall.KEYCTL, value(KEYCTL_JOIN_SESSION_KEYRING), none())
                .ignoring(ENOSYS);
        takeStdio();
        // nothing the agent has open is reachable from here on, not even by a link to /proc/self/fd in the image
        closeAllButStdio();
        writeKernelFiles();
        new FileSystemSteps(steps, spec, launch).add();
        nameHost();
        limit();
        restrictCapabilities();
        closeAllButStdio();
        changeToWorkingFolder();
        if (spec.root().readonly()) {
            long flags = MountOptions.MS_REMOUNT | MountOptions.MS_BIND | MountOptions.MS_RDONLY;
            steps.mount("read-only root", "", "/", "", flags, "");
        }
        // needs CAP_SYS_ADMIN or no_new_privs: with the latter the filter can be the last thing before the command
        if (!process.noNewPrivileges()) {
            filterSystemCalls();
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
            filterSystemCalls();
        }
        execute();
        return program;
    }

    /** What the agent ignores, say SIGHUP below nohup, would stay ignored; what it handles must not run in the child. */
    private void defaultSignals() {
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

    private void joinCgroups() {
        launch.cgroups()
                .forEach((path, fd) -> steps.add("join cgroup " + path, Syscall.WRITE, value(fd), text("0"), value(1)));
    }

    private void joinNamespaces() {
        launch.namespaces()
                .forEach((type, fd) ->
                        steps.add("join " + type + " namespace", Syscall.SETNS, value(fd), value(cloneFlag(type))));
        if (isNew(spec, NamespaceType.CGROUP)) {
            // after the joins, so that /proc/self/cgroup in the container reads "/"
            steps.add("new cgroup namespace", Syscall.UNSHARE, value(CLONE_NEWCGROUP));
        }
    }

    private void takeStdio() {
        steps.add("stdin", Syscall.DUP3, value(launch.stdio().in()), value(0), value(0));
        steps.add("stdout", Syscall.DUP3, value(launch.stdio().out()), value(1), value(0));
        steps.add("stderr", Syscall.DUP3, value(launch.stdio().err()), value(2), value(0));
    }

    private void closeAllButStdio() {
        steps.add("close descriptors", Syscall.CLOSE_RANGE, value(FIRST_FD_AFTER_STDIO), value(LAST_FD), value(0));
    }

    /** Through the host's /proc: it shows the child's own namespaces' values, and no image can be in the way. */
    private void writeKernelFiles() {
        if (process.oomScoreAdj() != null) {
            steps.writeFile("oom_score_adj", "/proc/self/oom_score_adj", Integer.toString(process.oomScoreAdj()));
        }
        spec.sysctl().forEach((name, content) -> {
            requireNamespaced(name);
            steps.writeFile("sysctl " + name, "/proc/sys/" + name.replace('.', '/'), content);
        });
    }

    /** Others would change the host; runc refuses the same ones. */
    private void requireNamespaced(String name) {
        boolean ipc = Set.of(
                                "kernel.msgmax",
                                "kernel.msgmnb",
                                "kernel.msgmni",
                                "kernel.sem",
                                "kernel.shmall",
                                "kernel.shmmax",
                                "kernel.shmmni",
                                "kernel.shm_rmid_forced")
                        .contains(name)
                || name.startsWith("fs.mqueue.");
        boolean own = ipc && hasOwn(NamespaceType.IPC)
                || name.startsWith("net.") && hasOwn(NamespaceType.NETWORK)
                || name.equals("kernel.domainname") && hasOwn(NamespaceType.UTS);
        if (!own || name.contains("/")) {
            throw new IllegalArgumentException("sysctl \"" + name + "\" is not in a separate kernel namespace");
        }
    }

    private boolean hasOwn(NamespaceType type) {
        return spec.namespaces().stream().anyMatch(namespace -> namespace.type() == type);
    }

    private void nameHost() {
        if (isNew(spec, NamespaceType.UTS)) {
            name("host name", Syscall.SETHOSTNAME, spec.hostname());
            if (spec.domainname() != null) {
                name("domain name", Syscall.SETDOMAINNAME, spec.domainname());
            }
        }
        if (isNew(spec, NamespaceType.NETWORK)) {
            bringLoopbackUp();
        }
    }

    private void name(String purpose, Syscall call, String name) {
        steps.add(purpose + " " + name, call, text(name), value(name.getBytes(StandardCharsets.UTF_8).length));
    }

    /** netdevice(7): a new network namespace has a loopback interface that is down. */
    private void bringLoopbackUp() {
        final int inet = 2;
        final int datagramCloseOnExec = 2 | 0x80000;
        final int setInterfaceFlags = 0x8914;
        final short upAndRunning = 0x41;
        var socket = steps.add("loopback", Syscall.SOCKET, value(inet), value(datagramCloseOnExec), value(0));
        byte[] request = ByteBuffer.allocate(40)
                .order(ByteOrder.nativeOrder())
                .put("lo".getBytes(StandardCharsets.US_ASCII))
                .position(16)
                .putShort(upAndRunning)
                .array();
        steps.add("loopback", Syscall.IOCTL, resultOf(socket), value(setInterfaceFlags), bytes(request));
    }

    private void limit() {
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

    private void restrictCapabilities() {
        Set<Integer> kept = Capabilities.numbers(process.capabilities());
        for (int capability = 0; capability <= launch.host().lastCapability(); capability++) {
            if (!kept.contains(capability)) {
                steps.add("drop capability " + capability, Syscall.PRCTL, value(PR_CAPBSET_DROP), value(capability));
            }
        }
        // nothing inheritable, and with it nothing ambient. The rest is cut by execve: what is permitted now is what a
        // signal from the container must not be able to reach while the agent's memory is shared
        long effective = launch.host().effective();
        long permitted = launch.host().permitted();
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

    private void changeToWorkingFolder() {
        String folder = process.cwd().isEmpty() ? "/" : process.cwd();
        if (!folder.startsWith("/")) {
            throw new IllegalArgumentException(
                    "the working directory '" + folder + "' is invalid, it needs to be an absolute path");
        }
        steps.makeFolders(Path.of(folder).normalize().toString());
        steps.changeFolder("chdir to cwd (\"" + folder + "\")", folder);
    }

    private void filterSystemCalls() {
        launch.filter()
                .ifPresent(instructions -> steps.add(
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
