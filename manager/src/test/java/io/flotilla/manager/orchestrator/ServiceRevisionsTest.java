package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.NetworkAttachmentConfig;
import io.flotilla.bus.schema.NetworkAttachmentConfigBuilder;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which changes of a service make a new revision of its tasks, and what is kept for a rollback. */
class ServiceRevisionsTest {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
    private static final Confidential.Sealed ALICE = new Confidential.Sealed("k1", "YQ==");
    private static final Confidential.Sealed BOB = new Confidential.Sealed("k1", "Yg==");
    private static final ServiceSpec SPEC = Swarm.replicated("web", 2);

    private final Turn turn = new Turn(ClusterState.empty(), T, () -> "id");
    private final Service made = ServiceRevisions.created(turn, "web", SPEC, ALICE);

    private SpecRevision revision(long version) {
        return turn.state().revision("web", version).orElseThrow();
    }

    @Test
    void aServiceBeginsWithItsFirstRevision() {
        assertThat(made.specVersion()).isEqualTo(1);
        assertThat(made.createdAt()).isEqualTo(T);
        assertThat(turn.state().service("web")).contains(made);
        assertThat(revision(1).spec()).isEqualTo(SPEC.taskTemplate());
        assertThat(revision(1).sealedRegistryAuth()).isEqualTo(ALICE);
    }

    @Test
    void whatDoesNotConcernTasksKeepsTheRevision() {
        Service labelled = ServiceRevisions.updated(turn, made, SPEC.withLabels(Map.of("team", "a")), null);
        assertThat(labelled.specVersion()).isEqualTo(1);
        assertThat(labelled.previousSpec()).isEqualTo(SPEC);
        assertThat(turn.state().revisions()).hasSize(1);
        assertThat(revision(1).sealedRegistryAuth()).isEqualTo(ALICE);
    }

    @Test
    void anotherImageOrPortIsANewRevisionPulledWithTheSameCredentials() {
        Service next = ServiceRevisions.updated(turn, made, Swarm.withImage(SPEC, "nginx:2"), null);
        assertThat(next.specVersion()).isEqualTo(2);
        assertThat(revision(2).sealedRegistryAuth()).isEqualTo(ALICE);
        Service published = ServiceRevisions.updated(turn, next, Specs.hostPort(next.spec(), 8080), null);
        assertThat(published.specVersion()).isEqualTo(3);
        assertThat(revision(3).endpointSpec()).isEqualTo(published.spec().endpointSpec());
    }

    @Test
    void otherCredentialsReplaceNothing() {
        Service same = ServiceRevisions.updated(turn, made, SPEC, BOB);
        assertThat(same.specVersion()).isEqualTo(1);
        assertThat(revision(1).sealedRegistryAuth()).isEqualTo(BOB);
    }

    @Test
    void aRollbackIsANewRevisionWithTheOldContent() {
        Service next = ServiceRevisions.updated(turn, made, Swarm.withImage(SPEC, "nginx:2"), BOB);
        Service back = ServiceRevisions.rolledBack(turn, next);
        assertThat(back.specVersion()).isEqualTo(3);
        assertThat(back.spec()).isEqualTo(SPEC);
        assertThat(back.previousSpec()).isEqualTo(next.spec());
        assertThat(revision(3).spec()).isEqualTo(revision(1).spec());
        assertThat(revision(3).sealedRegistryAuth()).isEqualTo(BOB);
        assertThat(back.updateStatus())
                .isEqualTo(
                        new UpdateStatus(UpdateStatus.State.ROLLBACK_STARTED, T, null, "manually requested rollback"));
    }

    @Test
    void afterAFailedUpdateThereIsNothingToGoBackTo() {
        Service next = ServiceRevisions.updated(turn, made, Swarm.withImage(SPEC, "nginx:2"), null);
        Service back = ServiceRevisions.rolledBackAfterFailure(turn, next, "because");
        assertThat(back.spec()).isEqualTo(SPEC);
        assertThat(Objects.requireNonNull(back.updateStatus()).message()).isEqualTo("because");
        assertThat(turn.state().service("web")).contains(back);
        assertThatThrownBy(() -> ServiceRevisions.rolledBack(turn, back))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("service web does not have a previous spec");
    }

    @Test
    void scalingIsNothingARollbackWouldUndo() {
        Service next = ServiceRevisions.updated(turn, made, Swarm.withImage(SPEC, "nginx:2"), null);
        ScaleDecision decision = new ScaleDecision(T, 2, 5, "busy");
        ServiceRevisions.scaled(turn, next, decision);
        Service scaled = turn.state().service("web").orElseThrow();
        assertThat(ServiceModes.replicas(scaled)).isEqualTo(5);
        assertThat(scaled.scaleDecision()).isEqualTo(decision);
        assertThat(scaled.previousSpec()).isEqualTo(SPEC);
        assertThat(scaled.specVersion()).isEqualTo(2);
    }

    @Test
    void networksNamedBesideTheTemplateAreTheTasks() {
        List<NetworkAttachmentConfig> front =
                List.of(NetworkAttachmentConfigBuilder.builder().target("front").build());
        List<NetworkAttachmentConfig> back =
                List.of(NetworkAttachmentConfigBuilder.builder().target("back").build());
        ServiceRevisions.updated(turn, made, SPEC.withNetworks(front), null);
        assertThat(revision(2).spec().networks()).isEqualTo(front);
        ServiceSpec both = SPEC.withNetworks(front)
                .withTaskTemplate(Objects.requireNonNull(SPEC.taskTemplate()).withNetworks(back));
        ServiceRevisions.updated(turn, turn.state().service("web").orElseThrow(), both, null);
        assertThat(revision(3).spec().networks()).isEqualTo(back);
    }
}
