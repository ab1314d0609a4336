package io.flotilla.manager.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Many seeds, one world a thread. Each seed is decided by itself alone, so that the number of threads changes nothing. */
final class SimulationRun {
    private static final List<String> KNOWN =
            List.of("--seed", "--seeds", "--minutes", "--from", "--agents", "--managers", "--threads", "--keep-going");

    private final Map<String, Long> options = new HashMap<>();
    private final Instant begin = Instant.now();
    private final Tally tally = new Tally();
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong passed = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicReference<Simulation.@Nullable Failure> first = new AtomicReference<>();
    private final AtomicLong minutesTold = new AtomicLong();

    private SimulationRun() {}

    /** @throws IllegalArgumentException with what is wrong with the options */
    static SimulationRun of(String[] args) {
        SimulationRun run = new SimulationRun();
        for (int i = 0; i < args.length; i += 2) {
            if (!KNOWN.contains(args[i]) || i + 1 == args.length || !args[i + 1].matches("[0-9]{1,18}")) {
                throw new IllegalArgumentException("not understood: " + args[i]);
            }
            run.options.put(args[i], Long.parseLong(args[i + 1]));
        }
        run.within("--agents", 1, 1000);
        run.within("--managers", 1, 5);
        run.within("--threads", 1, 256);
        run.within("--keep-going", 0, 1);
        return run;
    }

    private void within(String option, long least, long most) {
        long value = option(option, least);
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be from " + least + " to " + most);
        }
    }

    private long option(String name, long otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    private Simulation simulation(long seed) {
        Simulation standard = Simulation.of(seed);
        return new Simulation(
                seed,
                (int) option("--managers", standard.managers()),
                (int) option("--agents", standard.agents()),
                standard.weather(),
                Mutation.NONE);
    }

    /**
     * @param say takes a line of progress each minute, one for each seed that fails, and the result
     * @return the first failure
     */
    Optional<Simulation.Failure> run(Consumer<String> say) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        long count = option("--threads", Runtime.getRuntime().availableProcessors());
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().start(() -> runSome(say)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        say.accept("%s; %d managers, %d agents"
                .formatted(
                        words(),
                        option("--managers", Simulation.of(0).managers()),
                        option("--agents", Simulation.of(0).agents())));
        say.accept("seen: " + tally.words());
        return Optional.ofNullable(first.get());
    }

    private void runSome(Consumer<String> say) {
        long from = option("--seed", option("--from", 0));
        for (long n = next.getAndIncrement(); goesOn(n); n = next.getAndIncrement()) {
            simulation(from + n).run(tally).ifPresentOrElse(found -> failed(found, say), passed::incrementAndGet);
            long minutes = since(begin).toMinutes();
            if (minutesTold.getAndUpdate(told -> Math.max(told, minutes)) < minutes) {
                say.accept(words());
            }
        }
    }

    private boolean goesOn(long n) {
        boolean unlimited = options.containsKey("--minutes") && !options.containsKey("--seeds");
        long most = options.containsKey("--seed") ? 1 : unlimited ? Long.MAX_VALUE : option("--seeds", 1000);
        boolean inTime = since(begin).compareTo(Duration.ofMinutes(option("--minutes", 1_000_000))) < 0;
        return n < most && inTime && (first.get() == null || option("--keep-going", 0) == 1);
    }

    private void failed(Simulation.Failure found, Consumer<String> say) {
        failed.incrementAndGet();
        first.compareAndSet(null, found);
        say.accept("seed " + found.simulation().seed() + " fails: " + found.what());
    }

    private static Duration since(Instant moment) {
        return Duration.between(moment, Instant.now());
    }

    private String words() {
        Duration took = since(begin);
        return "%d seeds from %d came to rest as wanted, %d did not; %d s, %.1f seeds/s"
                .formatted(
                        passed.get(),
                        option("--seed", option("--from", 0)),
                        failed.get(),
                        took.toSeconds(),
                        (passed.get() + failed.get()) / Math.max(0.001, took.toMillis() / 1e3));
    }
}
