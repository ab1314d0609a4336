package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.SwarmVolume;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which node's plugin is asked, and where volumes can be mounted. */
class VolumePluginsTest {
    private static final SwarmVolume VOLUME = Samples.swarmVolume("v1", "data");
    private static final String DRIVER = VOLUME.driver();

    private static Node node(String id, NodeState state, NodeCSIInfo... plugins) {
        return Samples.node(id)
                .withStatus(new NodeStatus(state, null, "10.0.0.1"))
                .withDescription(NodeDescriptionBuilder.builder()
                        .csiInfo(List.of(plugins))
                        .build());
    }

    private static NodeCSIInfo plugin(String name, @Nullable String nodeId, @Nullable Boolean controller) {
        return new NodeCSIInfo(name, nodeId, null, null, controller);
    }

    @Test
    void volumesAreMountedWhereThePluginHasNamedTheNode() {
        NodeCSIInfo named = plugin(DRIVER, "web1", null);
        assertThat(VolumePlugins.onNode(node("n1", NodeState.READY, plugin("other", "x", true), named), DRIVER))
                .contains(named);
        assertThat(VolumePlugins.onNode(node("n1", NodeState.READY, plugin(DRIVER, null, true)), DRIVER))
                .isEmpty();
        assertThat(VolumePlugins.onNode(node("n1", NodeState.READY, plugin(DRIVER, "", true)), DRIVER))
                .isEmpty();
        assertThat(VolumePlugins.onNode(node("n1", NodeState.READY, plugin("other", "x", true)), DRIVER))
                .isEmpty();
        assertThat(VolumePlugins.onNode(Samples.node("n1"), DRIVER)).isEmpty();
    }

    @Test
    void onlyAReadyNodeWithAControllerIsAsked() {
        assertThat(VolumePlugins.hasController(node("n1", NodeState.READY, plugin(DRIVER, null, true)), DRIVER))
                .isTrue();
        assertThat(VolumePlugins.hasController(node("n1", NodeState.DOWN, plugin(DRIVER, null, true)), DRIVER))
                .isFalse();
        assertThat(VolumePlugins.hasController(node("n1", NodeState.READY, plugin(DRIVER, "web1", null)), DRIVER))
                .isFalse();
        assertThat(VolumePlugins.hasController(Samples.node("n1"), DRIVER)).isFalse();
    }

    @Test
    void theOneThatIsAskedStaysWhileItCanBeAsked() {
        NodeCSIInfo controller = plugin(DRIVER, null, true);
        ClusterState state = state(
                node("n1", NodeState.READY, plugin("other", null, true)),
                node("n2", NodeState.READY, controller),
                node("n3", NodeState.READY, controller),
                node("n4", NodeState.DOWN, controller));
        assertThat(executor(state, null)).isEqualTo("n2");
        assertThat(executor(state, "n3")).isEqualTo("n3");
        assertThat(executor(state, "n4")).isEqualTo("n2");
        assertThat(VolumePlugins.executor(state(node("n1", NodeState.READY)), VOLUME, "n1"))
                .isEmpty();
    }

    private static String executor(ClusterState state, @Nullable String preferredId) {
        return VolumePlugins.executor(state, VOLUME, preferredId).map(Node::id).orElse("none");
    }
}
