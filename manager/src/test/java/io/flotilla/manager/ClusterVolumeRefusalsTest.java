package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.AccessMode;
import io.flotilla.bus.schema.ClusterVolumeSpec.CapacityRange;
import io.flotilla.bus.schema.ClusterVolumeSpec.MountVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec.Scope;
import io.flotilla.bus.schema.ClusterVolumeSpec.Secret;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import io.flotilla.bus.schema.ClusterVolumeSpec.TopologyRequirement;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.VolumeCreate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What swarmkit says no to where a cluster volume is made or changed, and how. */
class ClusterVolumeRefusalsTest {
    private static final String INVALID = "rpc error: code = InvalidArgument desc = ";
    private static final ClusterVolumeSpec SPEC = ClusterVolumeSpecBuilder.builder()
            .accessMode(new AccessMode(Scope.SINGLE, Sharing.NONE, new MountVolume(null, List.of()), null))
            .build();

    private final StepManagers managers = new StepManagers();
    private final StepManagers.One m1 = managers.swarm();

    private static Command create(@Nullable String name, @Nullable String driver, ClusterVolumeSpec spec) {
        return new Command.CreateClusterVolume(new VolumeCreate(name, driver, Map.of(), Map.of(), spec));
    }

    private static ClusterVolumeSpec naming(String... secrets) {
        return SPEC.withSecrets(List.of(secrets).stream()
                .map(secret -> new Secret("key", secret))
                .toList());
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThat(m1.refused(create("data", "", SPEC))).isEqualTo(INVALID + "driver must be specified");
        assertThat(m1.refused(create(null, "csi", SPEC))).isEqualTo(INVALID + "meta: name must be provided");
        assertThat(m1.refused(create("data", "csi", SPEC.withAccessMode(null))))
                .isEqualTo(INVALID + "AccessMode must not be nil");
        assertThat(m1.refused(create("data", "csi", SPEC.withAccessMode(new AccessMode(null, null, null, null)))))
                .isEqualTo(INVALID + "Volume AccessMode must specify either Mount or Block access type");
        assertThat(m1.refused(create("data", "csi", naming("a")))).isEqualTo(INVALID + "secret not found: a");
        assertThat(m1.refused(create("data", "csi", naming("b", "a")))).isEqualTo(INVALID + "secrets not found: a, b");
        assertThat(m1.state().swarmVolumes()).isEmpty();
    }

    @Test
    void capacityThatCanNotBeIsRefusedBeforeAPluginFailsForEver() {
        assertThat(m1.refused(create("data", "csi", SPEC.withCapacityRange(new CapacityRange(2L, 1L)))))
                .isEqualTo(INVALID + "CapacityRange: RequiredBytes 2 is more than LimitBytes 1");
        assertThat(m1.refused(create("data", "csi", SPEC.withCapacityRange(new CapacityRange(-1L, null)))))
                .isEqualTo(INVALID + "CapacityRange must not be negative");
    }

    @Test
    void nameIsGivenOnce() {
        m1.done(create("data", "csi", SPEC));
        assertThat(m1.refused(create("data", "other", SPEC)))
                .isEqualTo("rpc error: code = AlreadyExists desc = volume data already exists");
    }

    @Test
    void onlyTheAvailabilityIsUpdated() {
        String id = String.valueOf(m1.done(create("data", "csi", SPEC)).id());
        TopologyRequirement zone = new TopologyRequirement(List.of(new Topology(Map.of("zone", "z1"))), List.of());
        AccessMode shared = new AccessMode(Scope.MULTI, Sharing.ALL, new MountVolume(null, List.of()), null);
        assertThat(m1.refused(update(id, SPEC.withGroup("g")))).isEqualTo(INVALID + "Group cannot be updated");
        assertThat(m1.refused(update(id, SPEC.withAccessibilityRequirements(zone))))
                .isEqualTo(INVALID + "AccessibilityRequirements cannot be updated");
        assertThat(m1.refused(update(id, SPEC.withAccessMode(shared))))
                .isEqualTo(INVALID + "AccessMode cannot be updated");
        m1.done(update(id, SPEC.withAvailability(ClusterVolumeSpec.Availability.PAUSE)));
        assertThat(volume(id).spec().availability()).isEqualTo(ClusterVolumeSpec.Availability.PAUSE);
    }

    private Command update(String id, ClusterVolumeSpec spec) {
        return new Command.UpdateClusterVolume(id, volume(id).version().index(), spec);
    }

    private SwarmVolume volume(String id) {
        return m1.state().swarmVolume(id).orElseThrow();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(m1.refused(new Command.UpdateClusterVolume("nope", 1, SPEC))).isEqualTo("volume nope not found");
        assertThat(m1.refused(new Command.RemoveClusterVolume("nope", false))).isEqualTo("volume nope not found");
    }
}
