package io.flotilla.manager.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A simulator that finds nothing proves nothing: each deliberate mistake must show within its number of seeds. */
class MistakesAreFoundTest {
    @ParameterizedTest
    @EnumSource
    void aMistakeShowsWithinItsSeeds(Mistake mistake) {
        boolean found = LongStream.range(0, mistake.seeds())
                .anyMatch(seed -> Simulation.of(seed).with(mistake).run().isPresent());

        assertThat(found).as("%s within %d seeds", mistake, mistake.seeds()).isTrue();
    }
}
