package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.linux.syscall.ChildProcess;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The system calls of a process that joins a running container. Its parent has joined the pid namespace for it. */
final class ExecProgram {
    private static final int DEFAULT_UMASK = 022;

    private ExecProgram() {}

    /**
     * @param containerPidfd of the container's first process, whose namespaces are joined, since Linux 5.8 in one call
     * @param cgroups files to join by
     * @throws IllegalArgumentException where the process has a value no kernel understands
     */
    static SyscallProgram of(
            RuntimeSpec.Process process,
            HostKernel host,
            int containerPidfd,
            Map<Path, Integer> cgroups,
            Launch.Stdio stdio,
            Optional<byte[]> filter) {
        var program = new SyscallProgram();
        var steps = new Steps(program);
        var own = new ProcessSteps(steps, process, host);
        ChildProcess.nameStep(program);
        own.defaultSignals();
        cgroups.forEach((path, fd) -> steps.add("join cgroup " + path, Syscall.WRITE, value(fd), text("0"), value(1)));
        own.adjustOomScore();
        own.newSession();
        own.takeStdio(stdio);
        own.openAppArmor(1);
        int pidfd = own.keepOpen(containerPidfd, 0);
        own.closeAllFrom(pidfd + (process.apparmorProfile() == null ? 1 : 2));
        steps.add("join namespaces", Syscall.SETNS, value(pidfd), value(namespaceFlags()));
        steps.umask(DEFAULT_UMASK);
        own.limit();
        own.restrictCapabilities();
        own.applyAppArmor(1);
        own.closeAllFrom(pidfd);
        own.changeToWorkingFolder(false);
        own.become(filter);
        return program;
    }

    private static int namespaceFlags() {
        return List.of(
                        NamespaceType.MOUNT,
                        NamespaceType.UTS,
                        NamespaceType.IPC,
                        NamespaceType.NETWORK,
                        NamespaceType.CGROUP)
                .stream()
                .mapToInt(ContainerProgram::cloneFlag)
                .reduce(0, (left, right) -> left | right);
    }
}
