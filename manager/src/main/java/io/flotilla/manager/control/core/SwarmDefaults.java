package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.manager.scheduler.PlacementLabels;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A swarm's settings: Docker's defaults, and dockerd's rule that an update leaves alone what it does not name. */
final class SwarmDefaults {
    static final String NAME = "default";
    private static final long MIN_CERT_EXPIRY_NANOS = Duration.ofHours(1).toNanos();

    private static final SwarmSpec DEFAULTS = new SwarmSpec(
            NAME,
            Map.of(),
            new SwarmSpec.Orchestration(5L),
            new SwarmSpec.Raft(10_000L, 0L, 500L, 10L, 1L),
            new SwarmSpec.Dispatcher(Duration.ofSeconds(5).toNanos()),
            new SwarmSpec.CaConfig(Duration.ofDays(90).toNanos(), java.util.List.of(), null, null, null),
            new SwarmSpec.EncryptionConfig(false),
            new SwarmSpec.TaskDefaults(null));

    private SwarmDefaults() {}

    static SwarmSpec initial(@Nullable SwarmSpec given) {
        return given == null ? DEFAULTS : merged(DEFAULTS, given);
    }

    static SwarmSpec merged(SwarmSpec old, SwarmSpec given) {
        return new SwarmSpec(
                given.name() == null || given.name().isEmpty() ? old.name() : given.name(),
                given.labels().isEmpty() ? old.labels() : given.labels(),
                orchestration(old.orchestration(), given.orchestration()),
                raft(old.raft(), given.raft()),
                given.dispatcher() == null || isUnset(given.dispatcher().heartbeatPeriod())
                        ? old.dispatcher()
                        : given.dispatcher(),
                given.caConfig() == null || isUnset(given.caConfig().nodeCertExpiry())
                        ? old.caConfig()
                        : given.caConfig(),
                given.encryptionConfig() == null ? old.encryptionConfig() : given.encryptionConfig(),
                given.taskDefaults() == null || given.taskDefaults().logDriver() == null
                        ? old.taskDefaults()
                        : given.taskDefaults());
    }

    static @Nullable Refusal check(SwarmSpec spec) {
        SwarmSpec.CaConfig ca = spec.caConfig();
        Long expiry = ca == null ? null : ca.nodeCertExpiry();
        Long heartbeat = spec.dispatcher() == null ? null : spec.dispatcher().heartbeatPeriod();
        return new Refusals()
                .when(!NAME.equals(spec.name()), () -> Refusal.invalid("swarm spec must be named \"default\""))
                .and(() -> PlacementLabels.problem(spec.labels())
                        .map(Refusals::invalidArgument)
                        .orElse(null))
                .when(
                        heartbeat != null && heartbeat < 0,
                        () -> Refusals.invalidArgument("heartbeat time period cannot be a negative duration"))
                .when(
                        expiry != null && expiry < MIN_CERT_EXPIRY_NANOS,
                        () -> Refusals.invalidArgument("minimum certificate expiry time is: 1h0m0s"))
                .when(
                        ca != null && !ca.externalCAs().isEmpty(),
                        () -> Refusals.notYet("an external certificate authority"))
                .when(
                        ca != null
                                && (ca.signingCACert() != null
                                        || ca.signingCAKey() != null
                                        || !isUnset(ca.forceRotate())),
                        () -> Refusals.notYet("the rotation of the certificate authority"))
                .when(
                        spec.encryptionConfig() != null
                                && Boolean.TRUE.equals(spec.encryptionConfig().autoLockManagers()),
                        () -> Refusals.notYet("the locking of managers (autolock)"))
                .first();
    }

    private static SwarmSpec.@Nullable Orchestration orchestration(
            SwarmSpec.@Nullable Orchestration old, SwarmSpec.@Nullable Orchestration given) {
        return given == null || given.taskHistoryRetentionLimit() == null ? old : given;
    }

    private static SwarmSpec.@Nullable Raft raft(SwarmSpec.@Nullable Raft old, SwarmSpec.@Nullable Raft given) {
        if (old == null || given == null) {
            return old == null ? given : old;
        }
        return new SwarmSpec.Raft(
                either(given.snapshotInterval(), old.snapshotInterval()),
                Objects.requireNonNullElse(given.keepOldSnapshots(), either(old.keepOldSnapshots(), 0L)),
                either(given.logEntriesForSlowFollowers(), old.logEntriesForSlowFollowers()),
                either(given.electionTick(), old.electionTick()),
                either(given.heartbeatTick(), old.heartbeatTick()));
    }

    private static Long either(@Nullable Long given, @Nullable Long old) {
        return given == null || given == 0 ? Objects.requireNonNullElse(old, 0L) : given;
    }

    // Go clients send 0 for a number they do not set
    private static boolean isUnset(@Nullable Long value) {
        return value == null || value == 0;
    }
}
