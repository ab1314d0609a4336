package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.TaskContainer.Ports;
import io.flotilla.agent.health.HealthStates;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.network.Protocol;
import io.flotilla.bus.schema.PortConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what services publish on this node as the running tasks want it. One publication is under way at a time; who asks
 * meanwhile is served by the next one, all of them together.
 */
final class IngressPublisher {
    private final ContainerNetwork network;
    private final Supplier<? extends Collection<TaskRecord>> tasks;
    private final Runnable failuresChanged;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition finished = lock.newCondition();
    private long asked;
    private long served;
    private boolean underWay;
    /** Null before this process has published: an earlier one may have left anything. */
    private @Nullable Set<IngressPort> inForce;

    private Outcome outcome = new Outcome(Map.of(), null);

    private record Port(Protocol protocol, int number) {}

    /** @param whole why nothing could be published; null when only single ports could not */
    private record Outcome(
            Map<Port, String> taken, @Nullable String whole) {
        boolean clean() {
            return taken.isEmpty() && whole == null;
        }
    }

    IngressPublisher(
            ContainerNetwork network, Supplier<? extends Collection<TaskRecord>> tasks, Runnable failuresChanged) {
        this.network = network;
        this.tasks = tasks;
        this.failuresChanged = failuresChanged;
    }

    /** Brings about what the tasks want now; returns when it is in force or could not be. Blocks: platform threads only. */
    void sync() {
        boolean changed = false;
        lock.lock();
        try {
            long ticket = ++asked;
            while (served < ticket) {
                if (underWay) {
                    finished.awaitUninterruptibly();
                } else {
                    changed |= publishOnce();
                }
            }
        } finally {
            lock.unlock();
        }
        if (changed) {
            failuresChanged.run();
        }
    }

    /** Called and returns with the lock held, which is free meanwhile. */
    private boolean publishOnce() {
        underWay = true;
        long serving = asked;
        Outcome before = outcome;
        @Nullable Set<IngressPort> last = inForce;
        lock.unlock();
        Outcome now = before;
        @Nullable Set<IngressPort> wanted = null;
        try {
            wanted = wanted(tasks.get());
            now = wanted.equals(last) && before.clean() ? before : publish(wanted);
        } finally {
            lock.lock();
            underWay = false;
            served = serving;
            outcome = now;
            inForce = wanted;
            finished.signalAll();
        }
        return !now.equals(before);
    }

    private Outcome publish(Set<IngressPort> wanted) {
        try {
            Map<Port, String> taken = new HashMap<>();
            for (PortTaken port : network.publish(wanted)) {
                taken.put(new Port(port.protocol(), port.port()), String.valueOf(port.getMessage()));
            }
            return new Outcome(Map.copyOf(taken), null);
        } catch (IOException e) {
            return new Outcome(Map.of(), "publishing ports failed: " + e.getMessage());
        }
    }

    /** Something is not published as wanted: try again from time to time. */
    boolean needsRetry() {
        lock.lock();
        try {
            return !outcome.clean();
        } finally {
            lock.unlock();
        }
    }

    /** Why a port of the task is not published; null when all are. */
    @Nullable
    String failure(TaskRecord task) {
        Outcome now;
        lock.lock();
        try {
            now = outcome;
        } finally {
            lock.unlock();
        }
        List<PortConfig> ports = ingressPorts(task);
        if (ports.isEmpty()) {
            return null;
        }
        if (now.whole() != null) {
            return now.whole();
        }
        for (PortConfig port : ports) {
            String taken = now.taken().get(new Port(Ports.protocol(port), Ports.number(port.publishedPort())));
            if (taken != null) {
                return taken;
            }
        }
        return null;
    }

    static List<PortConfig> ingressPorts(TaskRecord task) {
        return task.assignment().ports().stream()
                .filter(port -> port.publishMode() != PortConfig.PublishMode.HOST)
                .filter(port -> Ports.number(port.publishedPort()) > 0)
                .toList();
    }

    /**
     * Running tasks that are to stay, by published port. While an update changes a port's target, the newest assignment's
     * target is the one.
     */
    static Set<IngressPort> wanted(Collection<TaskRecord> tasks) {
        Map<Port, Integer> targets = new HashMap<>();
        Map<Port, List<InetAddress>> backends = new HashMap<>();
        List<TaskRecord> newestFirst = tasks.stream()
                .filter(IngressPublisher::serves)
                .sorted(Comparator.comparingLong(TaskRecord::index).reversed().thenComparing(task -> task.assignment()
                        .id()))
                .toList();
        for (TaskRecord task : newestFirst) {
            for (PortConfig config : ingressPorts(task)) {
                Port port = new Port(Ports.protocol(config), Ports.number(config.publishedPort()));
                int target = Ports.number(config.targetPort());
                if (targets.computeIfAbsent(port, first -> target) == target) {
                    backends.computeIfAbsent(port, first -> new ArrayList<>()).addAll(address(task));
                }
            }
        }
        Set<IngressPort> wanted = new HashSet<>();
        backends.forEach((port, addresses) -> wanted.add(new IngressPort(
                port.protocol(),
                port.number(),
                targets.getOrDefault(port, 0),
                addresses.stream()
                        .sorted(Comparator.comparing(InetAddress::getHostAddress))
                        .toList())));
        return wanted;
    }

    private static boolean serves(TaskRecord task) {
        ContainerRecord container = task.container();
        return container != null
                && container.running()
                && !HealthStates.STARTING.equals(
                        container.health() == null ? null : container.health().status())
                && !task.toBeStopped()
                && !address(task).isEmpty();
    }

    private static List<InetAddress> address(TaskRecord task) {
        Attachment attachment =
                task.container() == null ? null : task.container().attachment();
        return attachment == null || attachment.address() == null ? List.of() : List.of(attachment.address());
    }
}
