package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.ChildProcess;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.Outcome;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Existing namespaces a container joins. All but pid are joined by the child itself; a process can't change its own pid
 * namespace, only that of the children it will have, so there the parent's thread goes first, and comes back.
 *
 * @param own this process's pid namespace, to come back to
 */
record Namespaces(
        Map<NamespaceType, Integer> forChild,
        @Nullable Integer pid,
        @Nullable Integer own) {
    static Namespaces open(RuntimeSpec spec, Descriptors descriptors) throws KernelException {
        var forChild = new EnumMap<NamespaceType, Integer>(NamespaceType.class);
        Integer pid = null;
        Integer own = null;
        for (Namespace namespace : spec.namespaces()) {
            Path path = namespace.path();
            if (path == null) {
                continue;
            }
            int fd = descriptors.open(path, Libc.O_RDONLY);
            if (namespace.type() == NamespaceType.PID) {
                pid = fd;
                own = descriptors.open(Path.of("/proc/self/ns/pid"), Libc.O_RDONLY);
            } else {
                forChild.put(namespace.type(), fd);
            }
        }
        return new Namespaces(forChild, pid, own);
    }

    Outcome run(SyscallProgram program, int cloneFlags) throws KernelException {
        return pid == null || own == null
                ? ChildProcess.run(program, cloneFlags)
                : runInPidNamespace(pid, own, program, cloneFlags);
    }

    /**
     * Runs a child in another pid namespace.
     *
     * @param of a namespace's file, or a pidfd
     * @param own this process's pid namespace
     */
    static Outcome runInPidNamespace(int of, int own, SyscallProgram program, int cloneFlags) throws KernelException {
        int type = ContainerProgram.cloneFlag(NamespaceType.PID);
        if (Libc.setns(of, type) < 0) {
            throw new KernelException("setns", "pid namespace", Libc.errno());
        }
        try {
            // until the thread is back it can't start a thread: clone refuses CLONE_THREAD into another pid namespace
            return ChildProcess.run(program, cloneFlags);
        } finally {
            if (Libc.setns(own, type) < 0) {
                throw new IllegalStateException("setns back to the own pid namespace: errno " + Libc.errno());
            }
        }
    }
}
