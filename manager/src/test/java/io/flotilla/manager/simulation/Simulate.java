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
import java.util.logging.Level;
import java.util.logging.Logger;

/** {@code ./flotilla simulate}: one seed, or seeds until a number or a time is over; the first that fails is made small and printed. */
final class Simulate {
    private static final String USAGE = """
            usage: ./flotilla simulate [--seed N | --seeds COUNT | --minutes M] [--from N] [--agents A] [--managers K]
              --seed N     this one, its plan and what happened when it fails; the same each time
              --seeds N    so many, from --from (0) on          (1000)
              --minutes M  as many as fit
              --agents A   1 to 1000   (8)
              --managers K 1 to 5      (3)
            """;

    private final Map<String, Long> options = new HashMap<>();

    private Simulate(String[] args) {
        List<String> known = List.of("--seed", "--seeds", "--minutes", "--from", "--agents", "--managers");
        for (int i = 0; i < args.length; i += 2) {
            if (!known.contains(args[i]) || i + 1 == args.length || !args[i + 1].matches("[0-9]{1,18}")) {
                throw new IllegalArgumentException("not understood: " + args[i]);
            }
            options.put(args[i], Long.parseLong(args[i + 1]));
        }
        within("--agents", 1, 1000);
        within("--managers", 1, 5);
    }

    private void within(String option, long least, long most) {
        long value = options.getOrDefault(option, least);
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be from " + least + " to " + most);
        }
    }

    /** Exits with 1 when a seed fails, 2 when the options make no sense. */
    public static void main(String[] args) throws InterruptedException {
        // a storm makes the parts say much that only matters when it is not one
        Logger.getLogger("").setLevel(Level.OFF);
        Simulate simulate;
        try {
            simulate = new Simulate(args);
        } catch (IllegalArgumentException refused) {
            System.err.println("simulate: " + refused.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        Optional<Simulation.Failure> failure = simulate.run();
        failure.ifPresent(found -> {
            System.out.print(found.simulation().shrunk(found).words());
            if (found.cause() != null) {
                found.cause().printStackTrace(System.out);
            }
            System.out.printf(
                    "replay: ./flotilla simulate --seed %d --agents %d --managers %d%n",
                    found.simulation().seed(),
                    found.simulation().agents(),
                    found.simulation().managers());
        });
        System.exit(failure.isPresent() ? 1 : 0);
    }

    private Simulation simulation(long seed) {
        Simulation standard = Simulation.of(seed);
        return new Simulation(
                seed,
                options.getOrDefault("--managers", (long) standard.managers()).intValue(),
                options.getOrDefault("--agents", (long) standard.agents()).intValue(),
                standard.weather(),
                Mutation.NONE);
    }

    private Optional<Simulation.Failure> run() throws InterruptedException {
        Instant begin = Instant.now();
        long from = options.getOrDefault("--seed", options.getOrDefault("--from", 0L));
        long count = options.containsKey("--seed") ? 1 : options.getOrDefault("--seeds", 1000L);
        Duration limit =
                options.containsKey("--minutes") ? Duration.ofMinutes(options.get("--minutes")) : Duration.ofDays(1000);
        long most = options.containsKey("--minutes") && !options.containsKey("--seeds") ? Long.MAX_VALUE : count;
        AtomicLong next = new AtomicLong();
        AtomicLong passed = new AtomicLong();
        AtomicReference<Simulation.Failure> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (long n = next.getAndIncrement();
                        n < most
                                && failure.get() == null
                                && Duration.between(begin, Instant.now()).compareTo(limit) < 0;
                        n = next.getAndIncrement()) {
                    Optional<Simulation.Failure> found = simulation(from + n).run();
                    found.ifPresentOrElse(
                            each -> failure.compareAndSet(null, each), () -> progress(passed.incrementAndGet(), begin));
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.printf(
                "%d seeds from %d came to rest as wanted, %d s%n",
                passed.get(), from, Duration.between(begin, Instant.now()).toSeconds());
        return Optional.ofNullable(failure.get());
    }

    private static void progress(long passed, Instant begin) {
        if (passed % 500 == 0) {
            System.out.printf(
                    "%d seeds, %d s%n",
                    passed, Duration.between(begin, Instant.now()).toSeconds());
        }
    }
}
