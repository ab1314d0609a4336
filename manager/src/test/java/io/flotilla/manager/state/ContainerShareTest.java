package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a node is told of a container of no service. */
class ContainerShareTest {
    private static final Container WEB = Samples.container("c1", "web", "n1");

    @Test
    void aNodeIsToldWhichReachableNodesHoldTheImage() {
        Image held = Samples.image("sha256:1", "busybox:latest").withNodeIds(List.of("n3", "n1", "n2", "gone"));
        Node unreachable = Samples.node("n2").withAgentAddress(null);
        ClusterState state = state(Samples.node("n3"), Samples.node("n1"), unreachable, held);
        List<Assignment.Holder> holders =
                List.of(new Assignment.Holder("n1", "n1:7946"), new Assignment.Holder("n3", "n3:7946"));
        assertThat(ImageHolders.of(state, held)).isEqualTo(holders);

        Container started = WEB.withStarts(3);
        Assignment.RunContainer told =
                ContainerShare.of(state.with(started), started).orElseThrow();
        assertThat(told.id()).isEqualTo("c1");
        assertThat(told.request()).isEqualTo(started.request());
        assertThat(told.starts()).isEqualTo(3);
        assertThat(told.imageHolders()).isEqualTo(holders);
    }

    @Test
    void anImageThatIsGoneHasNoHolders() {
        assertThat(ContainerShare.of(state(WEB), WEB).orElseThrow().imageHolders())
                .isEmpty();
    }

    @Test
    void theContainerOfATaskIsNoShareOfItsOwn() {
        assertThat(ContainerShare.of(state(WEB), WEB.withRequest(null))).isEmpty();
        assertThat(ContainerShare.needsImage(WEB.withRequest(null))).isFalse();
    }

    @Test
    void theImageMattersUntilTheNodeHasMadeTheContainer() {
        assertThat(ContainerShare.needsImage(WEB)).isTrue();
        assertThat(ContainerShare.needsImage(WEB.withObserved(1))).isFalse();
    }
}
