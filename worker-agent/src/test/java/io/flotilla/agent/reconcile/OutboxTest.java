package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Cluster;
import io.flotilla.agent.LiveBus;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.topic.Bus;
import org.junit.jupiter.api.Test;

class OutboxTest {
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
}
