package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.PidFd;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Takes away everything a container has in the kernel. Does nothing that is done; a failed one can be repeated. */
record Removal(Cgroups cgroups, String containerId, String group, RunFolder folder) {
    static final int SIGKILL = 9;

    private static final int MAX_ROUNDS = 50;
    private static final int PIDS_A_ROUND = 128;
    static final int END_TIMEOUT_MS = 10_000;
    private static final int OTHER_FAILURE = 128;

    void run() throws IOException {
        // every round kills what was there when it began; processes that still fork then are fewer each time
        for (int round = 0; round < MAX_ROUNDS; round++) {
            List<Integer> pids = cgroups.processes(group);
            if (pids.isEmpty() && cgroups.remove(group)) {
                awaitMonitor();
                folder.remove();
                return;
            }
            cgroups.killAll(group);
            for (int pid : pids.subList(0, Math.min(pids.size(), PIDS_A_ROUND))) {
                killAndAwait(pid);
            }
        }
        throw new RuntimeFailure(
                "container " + containerId + " still has processes " + cgroups.processes(group) + " after " + MAX_ROUNDS
                        + " rounds of SIGKILL",
                OTHER_FAILURE,
                true,
                null);
    }

    private void killAndAwait(int pid) throws IOException {
        int pidfd = Libc.pidfdOpen(pid);
        if (pidfd < 0) {
            if (Libc.errno() == Errno.ESRCH || Libc.errno() == Errno.EINVAL) {
                return; // gone, or a zombie whose threads go
            }
            throw new KernelException("pidfd_open", Integer.toString(pid), Libc.errno());
        }
        try {
            // between reading the list and the pidfd the number may have gone to a stranger
            if (!cgroups.processes(group).contains(pid)) {
                return;
            }
            Libc.pidfdSendSignal(pidfd, SIGKILL);
            if (!PidFd.awaitEnd(pidfd, END_TIMEOUT_MS)) {
                throw new RuntimeFailure(
                        "process " + pid + " of container " + containerId + " did not end within " + END_TIMEOUT_MS
                                + " ms of SIGKILL",
                        OTHER_FAILURE,
                        true,
                        null);
            }
        } finally {
            Libc.close(pidfd);
        }
    }

    /** An OCI runtime that ran the container clears away its own state, and ends, when the container has. */
    private void awaitMonitor() throws IOException {
        Optional<RunningProcess> monitor = folder.monitor();
        int pidfd = monitor.isPresent() ? Libc.pidfdOpen(monitor.get().pid()) : -1;
        if (pidfd < 0) {
            return;
        }
        try {
            boolean same = ProcessStat.read(monitor.get().pid())
                    .filter(stat -> stat.startTimeTicks() == monitor.get().startTimeTicks())
                    .isPresent();
            if (same && !PidFd.awaitEnd(pidfd, END_TIMEOUT_MS)) {
                Libc.pidfdSendSignal(pidfd, SIGKILL);
            }
        } finally {
            Libc.close(pidfd);
        }
    }

    /** Waits until a killed first process was reaped and its output delivered. */
    static void awaitExit(String containerId, CompletableFuture<Exit> exit) throws RuntimeFailure {
        try {
            exit.get(END_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new RuntimeFailure(
                    "container " + containerId + " did not end within " + END_TIMEOUT_MS + " ms of SIGKILL",
                    OTHER_FAILURE,
                    true,
                    e);
        } catch (ExecutionException | CancellationException e) {
            // it has ended, or nobody watches any more: the cgroup tells what is left
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RuntimeFailure("interrupted while container " + containerId + " ended", OTHER_FAILURE, true, e);
        }
    }
}
