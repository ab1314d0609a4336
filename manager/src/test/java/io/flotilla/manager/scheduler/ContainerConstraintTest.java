package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.Platform;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The expressions of classic Swarm's clients. */
class ContainerConstraintTest {
    private static final Node NODE = SampleNode.unnamed()
            .spec(NodeSpecBuilder.builder()
                    .name("front")
                    .labels(Map.of("zone", "east"))
                    .role(NodeSpec.Role.MANAGER)
                    .build())
            .description(NodeDescriptionBuilder.builder()
                    .hostname("web1.example")
                    .platform(new Platform("x86_64", "linux"))
                    .engine(new EngineDescription("1", Map.of("storage", "disk"), List.of()))
                    .build())
            .build();
    private static final Node BARE = NODE.withDescription(null)
            .withSpec(NodeSpecBuilder.builder().labels(Map.of()).build());

    private static boolean matches(String expression, Node node) {
        return ContainerConstraint.parse(expression).orElseThrow().matches(node);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "node==abc",
                "node==web1.example",
                "node==front",
                "Node == front",
                "node==web*",
                "node==*example",
                "node==*1*",
                "node==*w*",
                "node==*e*e*e*",
                "node==w*1*ple",
                "node==*",
                "node==web1.example*",
                "node!=web2*",
                "node.id==abc",
                "node.hostname==web1*",
                "node.role==manager",
                "ostype==linux",
                "node.platform.os==linux",
                "node.platform.arch==x86_64",
                "node.labels.zone==east",
                "engine.labels.storage==disk",
                "zone==east",
                "storage==disk",
                "storage!=ssd",
                "missing!=x",
                "zone==~west",
                "zone!=~east",
            })
    void met(String expression) {
        assertThat(matches(expression, NODE)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "node==web",
                "node==ABC",
                "node==example*",
                "node==*web1",
                "node==web1.example*x",
                // the parts overlap
                "node==web1.ex*x*example",
                "node==web1.example*example",
                "node==*y*",
                "node==*e*e*e*e*",
                "node!=front",
                "node.id==front",
                "node.hostname==abc",
                "node.role==MANAGER",
                "node.labels.storage==disk",
                "engine.labels.zone==east",
                "Zone==east",
                "missing==x",
                "missing==*",
            })
    void notMet(String expression) {
        assertThat(matches(expression, NODE)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "node==front",
                "node.hostname==*",
                "node.role==*",
                "ostype==linux",
                "node.platform.arch==*",
                "x==*"
            })
    void whatANodeDoesNotTellIsNotMet(String expression) {
        assertThat(matches(expression, BARE)).isFalse();
        assertThat(matches(expression.replace("==", "!="), BARE)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "zone", "zone=east", "==east", " ==east", "zone==", "zone== ", "zone==~", "zone==/e.*/"})
    void malformed(String expression) {
        assertThat(ContainerConstraint.parse(expression)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a!=b==c", "a==b!=c", "zone==/x", "zone==x/"})
    void theFirstOperatorCounts(String expression) {
        assertThat(ContainerConstraint.parse(expression)).isPresent();
        assertThat(matches(expression, NODE)).isEqualTo(expression.startsWith("a!="));
    }
}
