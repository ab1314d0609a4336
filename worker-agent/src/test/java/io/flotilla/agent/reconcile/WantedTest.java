package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WantedTest {
    private final Wanted<String> wanted = new Wanted<>();

    @Test
    void latestAloneIsTakenHoweverTheyArrive() {
        wanted.put("second", 2);
        wanted.put("third", 3);
        wanted.put("first", 1);

        assertThat(wanted.take(0)).isEqualTo(new Wanted.Wish<>("third", 3));
        assertThat(wanted.take(0)).isNull();
    }

    @Test
    void whatIsFollowedAlreadyIsNotTakenAgain() {
        wanted.put("seen", 7);
        assertThat(wanted.take(7)).isNull();
    }

    @Test
    void nothingIsLeftWithAWorkerThatIsGone() {
        wanted.put("again", 9);

        assertThat(wanted.close(8)).isEqualTo(new Wanted.Wish<>("again", 9));
        assertThat(wanted.put("later", 10)).isFalse();
        assertThat(wanted.take(0)).isNull();
        assertThat(wanted.isClosed()).isTrue();
    }
}
