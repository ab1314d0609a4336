package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.resultOf;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.linux.syscall.ChildProcess;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/**
 * Translates a container into the system calls its first process makes on itself, from the clone to the execve. The order
 * matters and is told in {@link #build}. A pure function of the specification and of what {@link Launch} found out.
 */
final class ContainerProgram {
    private static final int CLONE_NEWCGROUP = 0x0200_0000;

    private static final Map<NamespaceType, Integer> CLONE_FLAGS = Map.of(
            NamespaceType.MOUNT, 0x0002_0000,
            NamespaceType.CGROUP, CLONE_NEWCGROUP,
            NamespaceType.UTS, 0x0400_0000,
            NamespaceType.IPC, 0x0800_0000,
            NamespaceType.USER, 0x1000_0000,
            NamespaceType.PID, 0x2000_0000,
            NamespaceType.NETWORK, 0x4000_0000);

    private final RuntimeSpec spec;
    private final RuntimeSpec.Process process;
    private final Launch launch;
    private final SyscallProgram program = new SyscallProgram();
    private final Steps steps = new Steps(program);
    private final ProcessSteps own;

    private ContainerProgram(RuntimeSpec spec, Launch launch) {
        this.spec = spec;
        this.process = spec.process();
        this.launch = launch;
        this.own = new ProcessSteps(steps, process, launch.host());
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
        own.defaultSignals();
        joinCgroups();
        joinNamespaces();
        own.newSession();
        own.takeStdio(launch.stdio());
        Integer devpts = launch.devpts();
        int kept = 0;
        if (devpts != null) {
            own.keepOpen(devpts, kept++);
        }
        own.openAppArmor(kept);
        int appArmor = kept;
        if (process.apparmorProfile() != null) {
            kept++;
        }
        // nothing the agent has open is reachable from here on, not even by a link to /proc/self/fd in the image
        own.closeAllFrom(ProcessSteps.FIRST_FD_AFTER_STDIO + kept);
        own.adjustOomScore();
        writeSysctls();
        new FileSystemSteps(steps, spec, launch).add();
        nameHost();
        own.limit();
        own.restrictCapabilities();
        own.applyAppArmor(appArmor);
        own.closeAllFrom(ProcessSteps.FIRST_FD_AFTER_STDIO);
        own.changeToWorkingFolder(true);
        if (spec.root().readonly()) {
            long flags = MountOptions.MS_REMOUNT | MountOptions.MS_BIND | MountOptions.MS_RDONLY;
            steps.mount("read-only root", "", "/", "", flags, "");
        }
        own.become(launch.filter());
        return program;
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

    /** Through the host's /proc: it shows the child's own namespaces' values, and no image can be in the way. */
    private void writeSysctls() {
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
}
