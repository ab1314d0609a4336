package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.Cpu;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One platform thread that waits by epoll(7) for all descriptors of all containers: a hundred idle containers cost no thread
 * and no wake-up. Handlers run on it, one after the other, and must not wait. Descriptors are added from any thread, removed
 * on the loop's own.
 */
final class ReadinessLoop implements AutoCloseable {
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLLIN = 1;
    private static final int MAX_EVENTS = 64;
    private static final int FOREVER = -1;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;
    private static final long CLOSE_TIMEOUT_MS = 10_000;
    private static final long WAKE_UP = 0;

    interface Handler {
        /** The descriptor has something to read, or its process has ended. */
        void ready(Registration self);

        /** The loop ends; the handler is not called again. */
        void abandoned();
    }

    private final int epoll;
    private final int wakeUp;
    private final AtomicLong lastRegistration = new AtomicLong(WAKE_UP);
    private final Map<Long, Watched> watched = new ConcurrentHashMap<>();
    private final Thread thread;
    /** At most a few for each container: each asks for one thing at a time. */
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    private final Object wakeUpLock = new Object();
    private boolean wakeUpOpen = true;
    private volatile boolean closed;

    ReadinessLoop() throws KernelException {
        epoll = check("epoll_create1", Libc.epoll_create1(EPOLL_CLOEXEC));
        wakeUp = check("eventfd", Libc.eventfd(0, EFD_CLOEXEC_NONBLOCK));
        control(EPOLL_CTL_ADD, wakeUp, WAKE_UP);
        thread = Thread.ofPlatform().name("container-readiness").daemon().unstarted(this::run);
        thread.start();
    }

    /** A descriptor the loop watches. */
    record Registration(int fd, long number) {}

    private record Watched(Registration registration, Handler handler) {}

    Registration add(int fd, Handler handler) throws KernelException {
        long number = lastRegistration.incrementAndGet();
        var registration = new Registration(fd, number);
        watched.put(number, new Watched(registration, handler));
        try {
            control(EPOLL_CTL_ADD, fd, number);
        } catch (KernelException e) {
            watched.remove(number);
            throw e;
        }
        return registration;
    }

    /** Stops watching; only on the loop's thread, before the descriptor is closed. */
    void remove(Registration registration) {
        if (watched.remove(registration.number()) != null) {
            Libc.epoll_ctl(epoll, EPOLL_CTL_DEL, registration.fd(), 0);
        }
    }

    /** Runs a task that does not wait on the loop's thread, after what that is doing now; not at all once the loop is closed. */
    void execute(Runnable task) {
        tasks.add(task);
        wakeUp();
    }

    private void control(int operation, int fd, long number) throws KernelException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(eventBytes(), Long.BYTES);
            event.set(ValueLayout.JAVA_INT, 0, EPOLLIN);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, Cpu.host().epollDataOffset(), number);
            check("epoll_ctl", Libc.epoll_ctl(epoll, operation, fd, event.address()));
        }
    }

    private static int check(String operation, int result) throws KernelException {
        if (result < 0) {
            throw new KernelException(operation, "", Libc.errno());
        }
        return result;
    }

    private static int eventBytes() {
        return Cpu.host().epollDataOffset() + Long.BYTES;
    }

    private void run() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate((long) eventBytes() * MAX_EVENTS, Long.BYTES);
            while (!closed) {
                int count = Libc.epoll_wait(epoll, events.address(), MAX_EVENTS, FOREVER);
                if (count < 0 && Libc.errno() != Errno.EINTR) {
                    throw new IllegalStateException("epoll_wait: " + Errno.describe(Libc.errno()));
                }
                for (int i = 0; i < count && !closed; i++) {
                    long at = (long) eventBytes() * i + Cpu.host().epollDataOffset();
                    long number = events.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
                    Watched ready = watched.get(number);
                    if (number == WAKE_UP) {
                        runTasks();
                    } else if (ready != null) { // else removed by an earlier handler of the same batch
                        ready.handler().ready(ready.registration());
                    }
                }
            }
        } finally {
            synchronized (wakeUpLock) {
                wakeUpOpen = false;
            }
            watched.values().forEach(abandoned -> abandoned.handler().abandoned());
            watched.clear();
            Libc.close(epoll);
            Libc.close(wakeUp);
        }
    }

    private void runTasks() {
        try (var arena = Arena.ofConfined()) {
            Libc.read(wakeUp, arena.allocate(ValueLayout.JAVA_LONG).address(), Long.BYTES);
        }
        for (Runnable task = tasks.poll(); task != null && !closed; task = tasks.poll()) {
            task.run();
        }
    }

    private void wakeUp() {
        synchronized (wakeUpLock) {
            if (!wakeUpOpen) {
                return;
            }
            try (var arena = Arena.ofConfined()) {
                MemorySegment one = arena.allocate(ValueLayout.JAVA_LONG);
                one.set(ValueLayout.JAVA_LONG, 0, 1);
                Libc.write(wakeUp, one.address(), Long.BYTES);
            }
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        wakeUp();
        try {
            if (!thread.join(Duration.ofMillis(CLOSE_TIMEOUT_MS))) {
                throw new IllegalStateException("a container's output was not taken for " + CLOSE_TIMEOUT_MS + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
