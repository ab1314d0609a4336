package io.flotilla.manager.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Several hundred seeds; a failing one prints its plan and trace, and is replayed by {@code ./flotilla simulate --seed}. */
class SimulationTest {
    private static final long SEEDS = 300;

    @Test
    void everySeedComesToRestAsWanted() {
        Optional<Simulation.Failure> failure = LongStream.range(0, SEEDS)
                .parallel()
                .mapToObj(seed -> Simulation.of(seed).run())
                .flatMap(Optional::stream)
                .findFirst();

        assertThat(failure.map(Simulation.Failure::words)).isEmpty();
    }
}
