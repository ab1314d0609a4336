package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words for what a node lacks. */
class ShortfallTest {
    private static final long GIB = 1L << 30;
    private static final Node NODE = SampleNode.unnamed()
            .spec(NodeSpecBuilder.builder()
                    .labels(Map.of())
                    .availability(NodeSpec.Availability.ACTIVE)
                    .build())
            .description(NodeDescriptionBuilder.builder()
                    .hostname("web1")
                    .platform(new Platform("x86_64", "linux"))
                    .resources(new ResourceObject(
                            4_000_000_000L,
                            8 * GIB,
                            List.of(new GenericResource(null, new GenericResource.Discrete("apple", 3)))))
                    .engine(new EngineDescription(
                            "1", Map.of(), List.of(new EngineDescription.Plugin("Volume", "local"))))
                    .build())
            .status(new NodeStatus(NodeState.READY, null, "10.1.0.7"))
            .build();
    private final NodeInfo info = new NodeInfo("abc");

    @BeforeEach
    void describe() {
        info.describe(NODE);
    }

    private static Requirements reserving(long nanoCpus, long memoryBytes) {
        return Requirements.NONE.withNanoCpus(nanoCpus).withMemoryBytes(memoryBytes);
    }

    private void take(Requirements needs) {
        info.take(new Share("abc", "s1", needs, List.of(), true, null));
    }

    private String lacking(Requirements needs) {
        return Shortfall.resources(info, NODE, needs);
    }

    private static String available(NodeState state, NodeSpec.Availability availability) {
        return Shortfall.availability(NODE.withStatus(new NodeStatus(state, null, null))
                .withSpec(NODE.spec().withAvailability(availability)));
    }

    @Test
    void aNodeIsWhatItsStateSaysThenWhatItsAvailabilitySays() {
        assertThat(available(NodeState.DOWN, NodeSpec.Availability.DRAIN)).isEqualTo("web1 is down");
        assertThat(available(NodeState.DISCONNECTED, NodeSpec.Availability.ACTIVE))
                .isEqualTo("web1 is disconnected");
        assertThat(available(NodeState.READY, NodeSpec.Availability.PAUSE)).isEqualTo("web1 is paused");
        assertThat(available(NodeState.READY, NodeSpec.Availability.DRAIN)).isEqualTo("web1 is drained");
        assertThat(Shortfall.availability(NODE.withStatus(null))).isEqualTo("web1 is unknown");
    }

    @Test
    void aNodeWithoutAHostnameGoesByItsId() {
        assertThat(Shortfall.replicas(NODE, 2, 3)).isEqualTo("web1 has 2 of at most 3");
        assertThat(Shortfall.replicas(NODE.withDescription(null), 2, 3)).isEqualTo("abc has 2 of at most 3");
        Node nameless = NODE.withDescription(
                NodeDescriptionBuilder.builder().hostname("").build());
        assertThat(Shortfall.replicas(nameless, 2, 3)).isEqualTo("abc has 2 of at most 3");
    }

    @Test
    void processorsAreNamedBeforeMemoryAndMemoryBeforeTheRest() {
        take(reserving(1_500_000_000L, 7 * GIB));
        assertThat(lacking(reserving(3_000_000_000L, 2 * GIB))).isEqualTo("web1 has 2.5 of 4 CPUs free, 3 wanted");
        assertThat(lacking(reserving(2_500_000_000L, 2 * GIB)))
                .isEqualTo("web1 has 1GiB of 8GiB memory free, 2GiB wanted");
        assertThat(lacking(reserving(0, GIB).withGeneric(Map.of("apple", 4L))))
                .isEqualTo("web1 has 3 of 3 apple free, 4 wanted");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 0 of 0",
        "1000000, 1001000000, 0.001 of 0.001",
        "1999999, 2000000, 0.001 of 0.001",
    })
    void processorsHaveThreeDecimals(long has, long wants, String free) {
        Node small = NODE.withDescription(NodeDescriptionBuilder.builder()
                .resources(new ResourceObject(has, GIB, List.of()))
                .build());
        info.describe(small);
        assertThat(Shortfall.resources(info, small, reserving(wants, 0))).startsWith("abc has " + free + " CPUs free");
    }

    @ParameterizedTest
    @CsvSource({
        "1023, 1023B",
        "1024, 1KiB",
        "1536, 1.5KiB",
        "1048575, 1023.999KiB",
        "1048576, 1MiB",
        "1099511627776, 1TiB",
        "1125899906842624, 1024TiB",
    })
    void memoryIsInTheLargestUnitThatItHasOneOf(long bytes, String shown) {
        Node none = NODE.withDescription(null);
        info.describe(none);
        assertThat(Shortfall.resources(info, none, reserving(0, bytes)))
                .isEqualTo("abc has 0B of 0B memory free, " + shown + " wanted");
    }

    @Test
    void aNodeThatShrankHasLessThanNothing() {
        take(reserving(0, 10 * GIB));
        assertThat(lacking(reserving(0, GIB))).isEqualTo("web1 has -2GiB of 8GiB memory free, 1GiB wanted");
    }

    @Test
    void theFirstUnmetWishIsNamed() {
        assertThat(Shortfall.constraint(
                        NODE, Constraint.parse(List.of("node.hostname==web1", "node.role!=worker", "node.id==x"))))
                .isEqualTo("web1 does not meet node.role!=worker");
        assertThat(Shortfall.plugin(
                        info,
                        NODE,
                        List.of(new Requirements.Plugin("Volume", "local"), new Requirements.Plugin("Network", "x"))))
                .isEqualTo("web1 has no network plugin \"x\"");
        Requirements.HostPort http = new Requirements.HostPort(PortConfig.Protocol.TCP, 80);
        Requirements.HostPort dns = new Requirements.HostPort(PortConfig.Protocol.UDP, 53);
        take(Requirements.NONE.withHostPorts(List.of(dns)));
        assertThat(Shortfall.hostPort(info, NODE, List.of(http, dns))).isEqualTo("port 53/udp is taken on web1");
    }

    @Test
    void aLongConstraintIsCut() {
        String key = "node.labels." + "k".repeat(84);
        assertThat(Shortfall.constraint(NODE, Constraint.parse(List.of(key + "==xx"))))
                .isEqualTo("web1 does not meet " + key + "==xx");
        assertThat(Shortfall.constraint(NODE, Constraint.parse(List.of(key + "==xxx"))))
                .isEqualTo("web1 does not meet " + key + "==xx...");
    }

    @Test
    void platformsAreShownByTheNamesOfImages() {
        List<Platform> wanted = List.of(
                new Platform("aarch64", "linux"), new Platform("arm64", "linux"), new Platform(null, "windows"));
        assertThat(Shortfall.platform(NODE, wanted))
                .isEqualTo("web1 is linux/amd64, the image is for linux/arm64, windows/");
    }
}
