package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Cluster;
import io.flotilla.agent.LiveBus;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final Duration LONG = Duration.ofHours(1);

    /** Said again and again it would keep all else from being said. */
    @Test
    void whatNoBusTakesIsLeftOutAndTheRestIsSaid() throws Exception {
        try (LiveBus bus = new LiveBus();
                Outbox outbox = new Outbox("node1", bus, () -> {})) {
            Cluster cluster = new Cluster(bus, "node1");
            outbox.report("a", new Report.ContainerGone("node1", "before"));
            outbox.report("b", new Report.ContainerGone("node1", "x".repeat(Bus.MAX_VALUE_BYTES)));
            outbox.report("c", new Report.ContainerGone("node1", "after"));
            outbox.start();
            Report last = new Report.ContainerGone("node1", "after");
            cluster.await("the last report", Cluster::reports, last::equals);
            assertThat(cluster.reports()).containsExactly(new Report.ContainerGone("node1", "before"), last);
        }
    }

    @Test
    void nodeIsHeardOnceTheBusHasTakenWhatItSaid() throws Exception {
        CountDownLatch saidAgain = new CountDownLatch(1);
        try (LiveBus bus = new LiveBus();
                Outbox outbox = new Outbox("node1", bus, saidAgain::countDown)) {
            bus.outage(new BusException("away", true, null));
            outbox.start();
            outbox.report("a", new Report.ContainerGone("node1", "said"));
            assertThat(bus.awaitRefusal(20_000)).isTrue();
            assertThat(outbox.isHeard(LONG)).isFalse();
            bus.outage(null);
            assertThat(saidAgain.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(outbox.isHeard(LONG)).isTrue();
            assertThat(outbox.isHeard(Duration.ZERO)).isFalse();
        }
    }
}
