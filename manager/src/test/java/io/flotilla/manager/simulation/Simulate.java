package io.flotilla.manager.simulation;

import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/** {@code ./flotilla simulate}: one seed, or seeds until a number or a time is over; the first that fails is made small and printed. */
final class Simulate {
    private static final String USAGE = """
            usage: ./flotilla simulate [--seed N | --seeds COUNT | --minutes M] [--from N] [--agents A] [--managers K]
                                       [--threads T] [--keep-going 1]
              --seed N     this one, its plan and what happened when it fails; the same each time
              --seeds N    so many, from --from (0) on          (1000)
              --minutes M  as many as fit
              --agents A   1 to 1000   (8)
              --managers K 1 to 5      (3)
              --threads T  1 to 256, one world each   (as many as there are processors)
              --keep-going 1   goes on after a seed that fails and names them all
            exits with 0 when every seed came to rest as wanted, 1 when one did not, 2 when the options make no sense
            """;

    private Simulate() {}

    /** Exits with 1 when a seed fails, 2 when the options make no sense. */
    public static void main(String[] args) throws InterruptedException {
        // a storm makes the parts say much that only matters when it is not one
        Logger.getLogger("").setLevel(Level.OFF);
        SimulationRun run;
        try {
            run = SimulationRun.of(args);
        } catch (IllegalArgumentException refused) {
            System.err.println("simulate: " + refused.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        Optional<Simulation.Failure> failure = run.run(System.out::println);
        failure.ifPresent(Simulate::print);
        System.exit(failure.isPresent() ? 1 : 0);
    }

    private static void print(Simulation.Failure found) {
        Simulation simulation = found.simulation();
        System.out.println("making its plan smaller ...");
        System.out.print(simulation.shrunk(found).words());
        if (found.cause() != null) {
            found.cause().printStackTrace(System.out);
        }
        System.out.printf(
                "replay: ./flotilla simulate --seed %d --agents %d --managers %d%n",
                simulation.seed(), simulation.agents(), simulation.managers());
    }
}
