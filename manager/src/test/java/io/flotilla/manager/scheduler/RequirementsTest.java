package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.NetworkAttachmentConfigBuilder;
import io.flotilla.bus.schema.NetworkBuilder;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.SpecRevisionBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.manager.state.ClusterState;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a revision, and the labels of its service, ask of a node. */
class RequirementsTest {
    private final ClusterState state =
            ClusterState.empty().with(network("id1", "front")).with(network("id2", "back"));

    private static Network network(String id, String name) {
        return NetworkBuilder.builder()
                .id(id)
                .version(new ObjectVersion(0))
                .createdAt(Fleets.NOW)
                .updatedAt(Fleets.NOW)
                .name(name)
                .driver("driver-of-" + name)
                .build();
    }

    private Requirements of(UnaryOperator<TaskSpecBuilder> spec, PortConfig... ports) {
        TaskSpec built = spec.apply(TaskSpecBuilder.builder()).build();
        return Requirements.of(
                state,
                SpecRevisionBuilder.builder()
                        .id("s1.1")
                        .version(new ObjectVersion(0))
                        .createdAt(Fleets.NOW)
                        .updatedAt(Fleets.NOW)
                        .serviceId("s1")
                        .specVersion(1)
                        .spec(built)
                        .endpointSpec(new EndpointSpec(null, List.of(ports)))
                        .build());
    }

    private static PortConfig port(
            PortConfig.@Nullable Protocol protocol, @Nullable Long number, PortConfig.PublishMode mode) {
        return new PortConfig(null, protocol, 80L, number, mode);
    }

    private static Mount mount(Mount.MountType type, @Nullable String driver) {
        return MountBuilder.builder()
                .type(type)
                .target("/m")
                .volumeOptions(new Mount.VolumeOptions(
                        null,
                        Map.of(),
                        driver == null ? null : new Mount.VolumeOptions.DriverConfig(driver, Map.of()),
                        null))
                .build();
    }

    @Test
    void onlyAPortOfTheNodeItselfMustBeFreeThere() {
        assertThat(of(
                                spec -> spec,
                                port(PortConfig.Protocol.TCP, 80L, PortConfig.PublishMode.HOST),
                                port(null, 80L, PortConfig.PublishMode.HOST),
                                port(PortConfig.Protocol.UDP, 53L, PortConfig.PublishMode.HOST),
                                port(PortConfig.Protocol.TCP, 443L, PortConfig.PublishMode.INGRESS),
                                port(PortConfig.Protocol.TCP, 0L, PortConfig.PublishMode.HOST),
                                port(PortConfig.Protocol.TCP, null, PortConfig.PublishMode.HOST))
                        .hostPorts())
                .extracting(Requirements.HostPort::toString)
                .containsExactly("80/tcp", "53/udp");
    }

    @Test
    void driversOfVolumesNetworksAndTheLogMustBeThere() {
        Requirements needs = of(spec -> spec.containerSpec(ContainerSpecBuilder.builder()
                        .mounts(List.of(
                                mount(Mount.MountType.VOLUME, "nfs"),
                                mount(Mount.MountType.VOLUME, null),
                                mount(Mount.MountType.VOLUME, ""),
                                mount(Mount.MountType.BIND, "never")))
                        .build())
                .networks(List.of(
                        NetworkAttachmentConfigBuilder.builder().target("front").build(),
                        NetworkAttachmentConfigBuilder.builder().target("id2").build(),
                        NetworkAttachmentConfigBuilder.builder().target("id1").build(),
                        NetworkAttachmentConfigBuilder.builder().target("gone").build()))
                .logDriver(new TaskSpec.LogDriver("syslog", Map.of())));
        assertThat(needs.plugins())
                .containsExactly(
                        new Requirements.Plugin("Volume", "nfs"),
                        new Requirements.Plugin("Network", "driver-of-front"),
                        new Requirements.Plugin("Network", "driver-of-back"),
                        new Requirements.Plugin("Log", "syslog"));
    }

    @Test
    void noLogNeedsNoDriver() {
        assertThat(of(spec -> spec.logDriver(new TaskSpec.LogDriver("none", Map.of())))
                        .plugins())
                .isEmpty();
    }

    @Test
    void anythingReservedMustBeThere() {
        assertThat(Requirements.NONE.reservesAnything()).isFalse();
        assertThat(Requirements.NONE.withNanoCpus(1).reservesAnything()).isTrue();
        assertThat(Requirements.NONE.withMemoryBytes(1).reservesAnything()).isTrue();
        assertThat(Requirements.NONE.withGeneric(Map.of("gpu", 1L)).reservesAnything())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "amd64, linux, true",
        "x86_64, LINUX, true",
        "X86_64, , true",
        ", linux, true",
        ", , true",
        "arm64, linux, false",
        "amd64, windows, false",
    })
    void aPlatformIsMetByItsOtherNameAndByNone(String architecture, String os, boolean met) {
        assertThat(Platforms.runsOn(new Platform(architecture, os), new Platform("x86_64", "linux")))
                .isEqualTo(met);
    }

    @Test
    void constraintsAreSharedByServicesThatWriteThemAlike() {
        Fleet fleet = new Fleet();
        Topology east = fleet.topology(constrained("node.labels.zone==east"));
        assertThat(fleet.topology(constrained("node.labels.zone==east"))).isSameAs(east);
        assertThat(fleet.topology(constrained("node.labels.zone==west"))).isNotSameAs(east);
        assertThat(fleet.topology(constrained("node.labels.zone!=east"))).isNotSameAs(east);
        assertThat(fleet.topology(constrained("node.labels.rack==east"))).isNotSameAs(east);
    }

    @Test
    void theTopologyThatWasNotUsedForLongestIsForgotten() {
        Fleet fleet = new Fleet();
        Topology first = fleet.topology(constrained("node.id==n0"));
        Topology second = fleet.topology(constrained("node.id==n1"));
        for (int i = 2; i < 16; i++) {
            fleet.topology(constrained("node.id==n" + i));
        }
        assertThat(fleet.topology(constrained("node.id==n0"))).isSameAs(first);
        fleet.topology(constrained("node.id==n16"));
        assertThat(fleet.topology(constrained("node.id==n0"))).isSameAs(first);
        assertThat(fleet.topology(constrained("node.id==n1"))).isNotSameAs(second);
    }

    private static Requirements constrained(String expression) {
        return Requirements.NONE.withConstraints(Constraint.parse(List.of(expression)));
    }

    // ---- labels

    @ParameterizedTest
    @ValueSource(strings = {"0", "10", "-10", "1000000", "-1000000"})
    void aPriorityIsAnIntegerOfLimitedSize(String priority) {
        assertThat(PlacementLabels.problem(Map.of("flotilla.priority", priority)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "high", "1.5", "+1", "1000001", "-1000001", "99999999999"})
    void anyOtherPriorityIsRefused(String priority) {
        assertThat(PlacementLabels.problem(Map.of("flotilla.priority", priority)))
                .contains("invalid label flotilla.priority=" + priority
                        + ": must be an integer from -1000000 to 1000000");
    }

    @Test
    void aStrategyIsSpreadOrBinpack() {
        assertThat(PlacementLabels.problem(Map.of("flotilla.placement", "binpack")))
                .isEmpty();
        assertThat(PlacementLabels.problem(Map.of("flotilla.placement", "spread", "flotilla.priority", "1")))
                .isEmpty();
        assertThat(PlacementLabels.problem(Map.of("flotilla.placement", "SPREAD")))
                .contains("invalid label flotilla.placement=SPREAD: must be spread or binpack");
        assertThat(PlacementLabels.problem(Map.of())).isEmpty();
    }
}
