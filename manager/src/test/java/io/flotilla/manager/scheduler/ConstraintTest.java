package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.Platform;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConstraintTest {
    private static final Node NODE = SampleNode.unnamed()
            .spec(NodeSpecBuilder.builder()
                    .labels(Map.of("zone", "East", "empty", ""))
                    .role(NodeSpec.Role.MANAGER)
                    .build())
            .description(NodeDescriptionBuilder.builder()
                    .hostname("web1")
                    .platform(new Platform("x86_64", "linux"))
                    .engine(new EngineDescription("1", Map.of("kernel", "6"), List.of()))
                    .build())
            .status(new NodeStatus(NodeState.READY, null, "10.1.2.3"))
            .build();

    private static boolean matches(String expression) {
        return Constraint.allMatch(Constraint.parse(List.of(expression)), NODE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "node.id==ABC",
                "node.hostname == web1",
                "node.hostname!=web2",
                "Node.Role==Manager",
                "node.role!=worker",
                "node.labels.zone==east",
                "node.labels.missing!=east",
                "engine.labels.kernel==6",
                "node.platform.os==Linux",
                "node.platform.arch==amd64",
                "node.platform.arch==x86_64",
                "node.ip==10.1.2.3",
                "node.ip==10.1.0.0/16",
                "node.ip==10.1.2.3/32",
                "node.ip==10.1.2.2/31",
                "node.ip==0.0.0.0/0",
                "node.ip!=10.2.0.0/16",
                "node.ip!=fd00::1"
            })
    void met(String expression) {
        assertThat(matches(expression)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "node.id!=abc",
                "node.labels.Zone==east",
                "node.labels.missing==x",
                "node.ip==10.1.2.4",
                "node.ip==10.1.2.4/31",
                "node.labels.!=x",
                "node.ip!=10.1.2.3/32",
                "node.ip==host.name",
                "node.ip==10.1.0.0/33",
                "node.planet==earth",
                "node.platform.arch==arm64"
            })
    void notMet(String expression) {
        assertThat(matches(expression)).isFalse();
    }

    @Test
    void malformedExpressionsAreNoConstraints() {
        assertThatThrownBy(() -> Constraint.parse(List.of("node.id==x", "node.role")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("constraint expected one operator from ==, !=");
    }

    @Test
    void malformedExpressionsAreToldInSwarmKitsWords() {
        assertThat(Constraint.malformed(List.of("node.role"))).contains("constraint expected one operator from ==, !=");
        assertThat(Constraint.malformed(List.of("1a==b"))).contains("key '1a' is invalid");
        assertThat(Constraint.malformed(List.of("node.role==<x"))).contains("value '<x' is invalid");
        assertThat(Constraint.malformed(List.of("node.role==manager"))).isEmpty();
    }
}
