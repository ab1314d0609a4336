package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A container this process has started or taken over, until it is deleted.
 *
 * @param group its cgroup
 * @param supervision null when its process was gone before it could be taken over
 * @param stdio null with that
 * @param execs processes executed in it that run, by id
 * @param freezing read-locked while a child joins the cgroup, write-locked while it is frozen: a child that froze between its
 *     clone and its execve would hold its parent's thread
 */
record RunningContainer(
        RuntimeSpec spec,
        String group,
        CompletableFuture<Exit> exit,
        @Nullable Supervision supervision,
        @Nullable Stdio stdio,
        Map<String, Supervision> execs,
        ReadWriteLock freezing) {
    static RunningContainer of(RuntimeSpec spec, String group, Supervision supervision, Stdio stdio) {
        return new RunningContainer(
                spec,
                group,
                supervision.exit(),
                supervision,
                stdio,
                new ConcurrentHashMap<>(),
                new ReentrantReadWriteLock());
    }

    static RunningContainer ofGone(RuntimeSpec spec, String group, CompletableFuture<Exit> exit) {
        return new RunningContainer(
                spec, group, exit, null, null, new ConcurrentHashMap<>(), new ReentrantReadWriteLock());
    }

    boolean hasEnded() {
        return exit.isDone();
    }
}
