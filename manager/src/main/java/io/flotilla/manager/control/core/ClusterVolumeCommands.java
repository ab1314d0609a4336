package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolumeBuilder;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Turn;
import io.flotilla.manager.state.VolumeUses;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** docker volume create, update and rm of cluster volumes, in swarmkit's order and words (manager/controlapi/volume.go). */
final class ClusterVolumeCommands {

    Reply create(Turn turn, Command.CreateClusterVolume create) {
        VolumeCreate wanted = create.create();
        String name = Objects.requireNonNullElse(wanted.name(), "");
        String driver = Objects.requireNonNullElse(wanted.driver(), "");
        ClusterVolumeSpec given = Objects.requireNonNullElseGet(
                wanted.clusterVolumeSpec(), () -> new ClusterVolumeSpec(null, null, null, null, List.of(), null));
        Refusal refusal = new Refusals()
                .when(driver.isEmpty(), () -> Refusals.invalidArgument("driver must be specified"))
                .when(name.isEmpty(), () -> Refusals.invalidArgument("meta: name must be provided"))
                .and(() -> accessMode(given.accessMode()))
                .and(() -> capacity(given.capacityRange()))
                .and(() -> secrets(turn.state(), given.secrets()))
                .when(
                        turn.state().swarmVolumeNamed(name).isPresent(),
                        () -> Refusal.conflict(
                                "rpc error: code = AlreadyExists desc = volume " + name + " already exists"))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        SwarmVolume volume = SwarmVolumeBuilder.builder()
                .id(turn.newId())
                .version(new ObjectVersion(0))
                .createdAt(turn.now())
                .updatedAt(turn.now())
                .name(name)
                .driver(driver)
                .labels(wanted.labels())
                .options(wanted.driverOpts())
                .spec(complete(given))
                .publications(List.of())
                .build();
        turn.put(volume);
        return Commands.done(volume.id());
    }

    Reply update(Turn turn, Command.UpdateClusterVolume update) {
        SwarmVolume volume = turn.state().swarmVolume(update.volumeId()).orElse(null);
        if (volume == null) {
            return Refusals.refused(notFound(update.volumeId()));
        }
        ClusterVolumeSpec before = volume.spec();
        ClusterVolumeSpec after = complete(update.spec());
        Refusal refusal = new Refusals()
                .and(() -> fixed("Group", before, after, ClusterVolumeSpec::group))
                .and(() ->
                        fixed("AccessibilityRequirements", before, after, ClusterVolumeSpec::accessibilityRequirements))
                .and(() -> fixed("AccessMode", before, after, ClusterVolumeSpec::accessMode))
                .and(() -> fixed("CapacityRange", before, after, ClusterVolumeSpec::capacityRange))
                .and(() -> fixed("Secrets", before, after, ClusterVolumeSpec::secrets))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        if (!Commands.current(turn, ObjectKind.SWARM_VOLUME, volume, update.version())) {
            return Commands.outOfSequence();
        }
        turn.put(volume.withSpec(after).withUpdatedAt(turn.now()));
        return Commands.done(volume.id());
    }

    Reply remove(Turn turn, Command.RemoveClusterVolume remove) {
        SwarmVolume volume = turn.state().swarmVolume(remove.volumeId()).orElse(null);
        if (volume == null) {
            return Refusals.refused(notFound(remove.volumeId()));
        }
        if (remove.force()) {
            turn.remove(ObjectKind.SWARM_VOLUME, volume.id());
            return Commands.done(volume.id());
        }
        boolean inUse = !volume.publications().isEmpty()
                || !VolumeUses.of(turn.state(), volume.id()).isEmpty();
        if (inUse) {
            return Refusals.refused(Refusals.failedPrecondition("volume is still in use"));
        }
        turn.put(volume.withPendingDelete(true).withUpdatedAt(turn.now()));
        return Commands.done(volume.id());
    }

    /** With what Docker shows where nothing was said. */
    private static ClusterVolumeSpec complete(ClusterVolumeSpec spec) {
        ClusterVolumeSpec.AccessMode mode = spec.accessMode();
        ClusterVolumeSpec.AccessMode whole = mode == null
                ? null
                : mode.with(m -> m.scope(Objects.requireNonNullElse(mode.scope(), ClusterVolumeSpec.Scope.SINGLE))
                        .sharing(Objects.requireNonNullElse(mode.sharing(), ClusterVolumeSpec.Sharing.NONE)));
        String group = spec.group();
        return spec.with(s -> s.accessMode(whole)
                .group(group == null || group.isEmpty() ? null : group)
                .availability(Objects.requireNonNullElse(spec.availability(), ClusterVolumeSpec.Availability.ACTIVE)));
    }

    private static @Nullable Refusal accessMode(ClusterVolumeSpec.@Nullable AccessMode mode) {
        if (mode == null) {
            return Refusals.invalidArgument("AccessMode must not be nil");
        }
        return (mode.mountVolume() == null) == (mode.blockVolume() == null)
                ? Refusals.invalidArgument("Volume AccessMode must specify either Mount or Block access type")
                : null;
    }

    /** swarmkit leaves this to the plugin, which fails for ever. */
    private static @Nullable Refusal capacity(ClusterVolumeSpec.@Nullable CapacityRange range) {
        if (range == null) {
            return null;
        }
        long required = Objects.requireNonNullElse(range.requiredBytes(), 0L);
        long limit = Objects.requireNonNullElse(range.limitBytes(), 0L);
        return new Refusals()
                .when(required < 0 || limit < 0, () -> Refusals.invalidArgument("CapacityRange must not be negative"))
                .when(
                        limit > 0 && required > limit,
                        () -> Refusals.invalidArgument(
                                "CapacityRange: RequiredBytes " + required + " is more than LimitBytes " + limit))
                .first();
    }

    private static @Nullable Refusal secrets(ClusterState state, List<ClusterVolumeSpec.Secret> secrets) {
        List<String> missing = secrets.stream()
                .map(reference -> Objects.requireNonNullElse(reference.secret(), ""))
                .filter(secret -> state.secret(secret).isEmpty()
                        && state.valueNamed(ObjectKind.SECRET, secret).isEmpty())
                .distinct()
                .sorted()
                .toList();
        return missing.isEmpty()
                ? null
                : Refusals.invalidArgument(
                        (missing.size() == 1 ? "secret" : "secrets") + " not found: " + String.join(", ", missing));
    }

    private static @Nullable Refusal fixed(
            String field,
            ClusterVolumeSpec before,
            ClusterVolumeSpec after,
            Function<ClusterVolumeSpec, @Nullable Object> of) {
        return Objects.equals(of.apply(before), of.apply(after))
                ? null
                : Refusals.invalidArgument(field + " cannot be updated");
    }

    private static Refusal notFound(String id) {
        return Refusal.notFound("volume " + id + " not found");
    }
}
