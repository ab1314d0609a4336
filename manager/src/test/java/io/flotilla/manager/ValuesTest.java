package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.assignment.Assignment.HoldValue;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.ConfigSpec;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Driver;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.SecretSpec;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.dispatch.AppliedLog;
import io.flotilla.manager.dispatch.Dispatcher;
import io.flotilla.manager.seal.DataKeys;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.SnapshotCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Secrets and configs through commands, log, topics and rolling updates. */
class ValuesTest {
    private static final String IMAGE = "sha256:" + "a".repeat(64);
    private static final Map<String, String> VERSIONED = Map.of(StoredValue.VERSIONED, "true");

    private final StepManagers managers = new StepManagers();
    private final StepManagers.One leader = managers.swarm();

    @Test
    void aValueIsPlainNeitherInTheStateNorInASnapshotNorOnAnyTopic() throws Exception {
        managers.loadImage("m1", IMAGE, "busybox:latest");
        Secret secret = secret("db", "hunter2");
        leader.done(new Command.CreateService(using("web", secret), plain("registry-pass")));
        managers.run();

        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        SnapshotCodec.write(leader.state(), snapshot);
        assertThat(discloses(snapshot.toByteArray())).isFalse();
        assertThat(managers.published.stream().map(InRecord::value).filter(Objects::nonNull))
                .isNotEmpty()
                .noneMatch(ValuesTest::discloses);
        assertThat(Objects.requireNonNull(managers.shown(Topic.OBJECTS).get("secret/" + secret.id()))
                        .has("Value"))
                .isFalse();
        assertThat(SnapshotCodec.read(new ByteArrayInputStream(snapshot.toByteArray()))
                        .secret(secret.id()))
                .contains(secret);
    }

    @Test
    void theNodeOfATaskGetsItsValuesOnceBeforeTheTaskAndCanOpenThem() throws Exception {
        managers.loadImage("m1", IMAGE, "busybox:latest");
        Secret secret = secret("db", "hunter2");
        leader.done(new Command.CreateService(using("web", secret), plain("registry-pass")));
        managers.run();

        List<String> keys = managers.keys(Topic.ASSIGNMENTS);
        String key = "m1/secret/" + secret.id();
        assertThat(keys.stream().filter(key::equals)).hasSize(1);
        int firstTask = keys.indexOf(
                keys.stream().filter(k -> k.startsWith("m1/task/")).findFirst().orElseThrow());
        assertThat(keys.indexOf(key)).isLessThan(firstTask);
        HoldValue held = assigned(key, HoldValue.class);
        assertThat(StepManagers.NODE_KEY.open(Objects.requireNonNull(held.value()), "secret/db"))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("hunter2");
        RunTask task = assigned(keys.get(firstTask), RunTask.class);
        assertThat(StepManagers.NODE_KEY.open(
                        Objects.requireNonNull(task.sealedRegistryAuth()), SpecRevision.REGISTRY_AUTH))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("registry-pass");
    }

    @Test
    void aValueIsTakenBackWhenNoTaskOfTheNodeNeedsItAnyMore() {
        Secret secret = secret("db", "hunter2");
        Service service = service(using("web", secret));
        assertThat(managers.shown(Topic.ASSIGNMENTS)).containsKey("m1/secret/" + secret.id());

        leader.done(new Command.RemoveService(service.id()));

        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("m1/secret/" + secret.id());
    }

    @Test
    void aManagerWithoutTheDataKeySaysWhyTheNodeCannotHaveTheValue() {
        Secret secret = secret("db", "hunter2");
        service(using("web", secret));
        StepManagers other = new StepManagers();
        byte[] otherKey = new byte[32];
        otherKey[0] = 1;
        var dispatcher = new Dispatcher(
                other.bus, new AppliedLog(), leader.replica::state, DataKeys.of(otherKey), leader.controller::commits);
        dispatcher.lead(true);
        boolean working = true;
        while (working) {
            working = dispatcher.step();
        }
        other.bus.deliver();

        JsonNode held = Objects.requireNonNull(other.shown(Topic.ASSIGNMENTS).get("m1/secret/" + secret.id()));
        assertThat(held.path("value").isMissingNode()).isTrue();
        assertThat(held.path("problem").asText()).startsWith("secret db can't be given to the node: ");
    }

    @Test
    void namesSizesAndReferencesAreRefusedInSwarmkitsWords() {
        secret("db", "x");
        assertThat(refused(create("db", "y", Map.of())))
                .isEqualTo("rpc error: code = AlreadyExists desc = secret db already exists");
        assertThat(refused(create("", "y", Map.of())))
                .isEqualTo("rpc error: code = InvalidArgument desc = name must be provided");
        assertThat(refused(create("-x", "y", Map.of()))).contains("invalid name, only 64 [a-zA-Z0-9-_.]");
        assertThat(refused(create("n".repeat(65), "y", Map.of()))).contains("invalid name");
        assertThat(refused(create("big", "y".repeat(512_000), Map.of())))
                .isEqualTo("rpc error: code = InvalidArgument desc = secret data must be larger than 0 and less than"
                        + " 512000 bytes");
        assertThat(leader.ask(create("fits", "y".repeat(511_999), Map.of()))).isInstanceOf(Reply.Done.class);
        assertThat(refused(new Command.CreateSecret(secretSpec("none", Map.of()), null)))
                .contains("larger than 0");
        assertThat(refused(new Command.CreateSecret(
                        secretSpec("external", Map.of()).withDriver(new Driver("vault", Map.of())), null)))
                .isEqualTo("the secret driver \"vault\" is not supported by this version of Flotilla");
        assertThat(refused(new Command.CreateSecret(
                        secretSpec("t", Map.of()).withTemplating(new Driver("jinja", Map.of())), plain("x"))))
                .contains("the templating driver \"jinja\"");
        Secret absent = new Secret(
                "gone", new ObjectVersion(0), Instant.EPOCH, Instant.EPOCH, secretSpec("old", Map.of()), null, 1, null);
        assertThat(refused(new Command.CreateService(using("web", absent))))
                .isEqualTo("rpc error: code = InvalidArgument desc = secret not found: old");
    }

    @Test
    void aSecretInUseIsNotRemovedAndTheServicesAreNamed() {
        Secret secret = secret("db", "x");
        service(using("web", secret));
        service(using("api", secret));

        assertThat(refused(new Command.RemoveValue(ObjectKind.SECRET, secret.id())))
                .isEqualTo("rpc error: code = InvalidArgument desc = secret 'db' is in use by the following services:"
                        + " api, web");
    }

    /** Tasks of the version before still run, and the update may be rolled back. */
    @Test
    void aSecretTheServiceIsBeingUpdatedFromIsInUse() {
        Secret secret = secret("db", "x");
        Service service = service(using("web", secret));
        leader.done(new Command.UpdateService(
                service.id(), service.version().index(), StepManagers.service("web", 1), false));

        assertThat(refused(new Command.RemoveValue(ObjectKind.SECRET, secret.id())))
                .isEqualTo("rpc error: code = InvalidArgument desc = secret 'db' is in use by the following service:"
                        + " web");
    }

    /** Its tasks run until those of the version before do. */
    @Test
    void aSecretTheServiceIsBeingRolledBackFromIsInUse() {
        Secret secret = secret("db", "x");
        Service made = service(StepManagers.service("web", 1));
        leader.done(new Command.UpdateService(made.id(), made.version().index(), using("web", secret), false));
        Service updated = leader.state().service(made.id()).orElseThrow();
        leader.done(new Command.UpdateService(made.id(), updated.version().index(), null, true));

        assertThat(leader.state().service(made.id()).orElseThrow().updateStatus())
                .extracting(UpdateStatus::state)
                .isEqualTo(UpdateStatus.State.ROLLBACK_STARTED);
        assertThat(refused(new Command.RemoveValue(ObjectKind.SECRET, secret.id())))
                .isEqualTo("rpc error: code = InvalidArgument desc = secret 'db' is in use by the following service:"
                        + " web");
    }

    @Test
    void onlyLabelsOfAnOrdinarySecretCanBeUpdated() {
        Secret secret = secret("db", "x");
        long version = secret.version().index();

        assertThat(refused(new Command.UpdateSecret(
                        secret.id(), version, secretSpec("db", Map.of("a", "b")), plain("other"))))
                .isEqualTo("rpc error: code = InvalidArgument desc = only updates to Labels are allowed");
        leader.done(new Command.UpdateSecret(secret.id(), version, secretSpec("db", Map.of("a", "b")), plain("x")));

        assertThat(leader.state().secret(secret.id()).orElseThrow().labels()).containsEntry("a", "b");
        assertThat(leader.ask(new Command.UpdateSecret(secret.id(), version, secretSpec("db", Map.of()), null)))
                .isInstanceOfSatisfying(
                        Reply.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.OUT_OF_SEQUENCE));
    }

    @Test
    void aConfigsValueIsDisclosedToWhoAsks() {
        String id = Objects.requireNonNull(
                leader.done(new Command.CreateConfig(new ConfigSpec("c", Map.of(), null, null), plain("text")))
                        .id());

        assertThat(leader.ask(new Command.ReadConfig(id))).isEqualTo(new Reply.Disclosed("config/c", plain("text")));
        assertThat(refused(new Command.ReadConfig("none"))).isEqualTo("config none not found");
    }

    @Test
    void aNewVersionRollsItsServicesAndARollbackRestoresTheOldValue() {
        managers.loadImage("m1", IMAGE, "busybox:latest");
        Secret first = secret("db", "one", VERSIONED);
        Service service = service(using("web", first));
        Service bystander = service(StepManagers.service("other", 1));

        String secondId = Objects.requireNonNull(
                leader.done(create("db", "two", VERSIONED)).id());

        ClusterState after = leader.state();
        assertThat(secondId).isNotEqualTo(first.id());
        assertThat(after.valueNamed(ObjectKind.SECRET, "db").orElseThrow().valueVersion())
                .isEqualTo(2);
        assertThat(after.secret(first.id()).orElseThrow().supersededBy()).isEqualTo(secondId);
        Service rolled = after.service(service.id()).orElseThrow();
        assertThat(rolled.specVersion()).isEqualTo(service.specVersion() + 1);
        assertThat(secretIds(rolled.spec())).containsExactly(secondId);
        assertThat(after.service(bystander.id())).contains(bystander);

        leader.done(new Command.UpdateService(service.id(), rolled.version().index(), null, true));
        assertThat(secretIds(leader.state().service(service.id()).orElseThrow().spec()))
                .containsExactly(first.id());
        assertThat(managers.shown(Topic.ASSIGNMENTS)).containsKey("m1/secret/" + first.id());
    }

    @Test
    void theSameValueAgainIsNoNewVersion() {
        Secret first = secret("db", "one", VERSIONED);

        assertThat(leader.done(create("db", "one", VERSIONED)).id()).isEqualTo(first.id());
        assertThat(leader.state().all(ObjectKind.SECRET)).hasSize(1);
    }

    @Test
    void aVersionNeedsTheLabelOnBoth() {
        secret("db", "one");
        assertThat(refused(create("db", "two", VERSIONED))).contains("already exists");
        secret("v", "one", VERSIONED);
        assertThat(refused(create("v", "two", Map.of()))).contains("already exists");
    }

    @Test
    void oldVersionsThatNobodyUsesAreBounded() {
        secret("db", "0", VERSIONED);
        for (int i = 1; i <= 20; i++) {
            leader.done(create("db", String.valueOf(i), VERSIONED));
        }
        assertThat(leader.state().all(ObjectKind.SECRET).stream()
                        .map(value -> ((Secret) value).valueVersion())
                        .sorted())
                .containsExactly(16L, 17L, 18L, 19L, 20L, 21L);

        leader.done(new Command.RemoveValue(
                ObjectKind.SECRET,
                leader.state().valueNamed(ObjectKind.SECRET, "db").orElseThrow().id()));
        assertThat(leader.state().all(ObjectKind.SECRET)).isEmpty();
    }

    @Test
    void oldVersionsThatAServiceRunsOrWouldRollBackToAreKept() {
        Secret first = secret("db", "0", VERSIONED);
        Service service = service(using("web", first));
        for (int i = 1; i <= 20; i++) {
            leader.done(create("db", String.valueOf(i), VERSIONED));
        }

        ServiceSpec previous = Objects.requireNonNull(
                leader.state().service(service.id()).orElseThrow().previousSpec());
        assertThat(secretIds(previous)).allMatch(id -> leader.state().secret(id).isPresent());
        assertThat(leader.state().secret(first.id()))
                .as("its tasks run with it")
                .isPresent();
    }

    @Test
    void eventsTellOfSecretsAndConfigs() {
        Secret secret = secret("db", "x");
        leader.done(new Command.UpdateSecret(
                secret.id(), secret.version().index(), secretSpec("db", Map.of("a", "b")), null));
        leader.done(new Command.RemoveValue(ObjectKind.SECRET, secret.id()));
        leader.done(new Command.CreateConfig(new ConfigSpec("c", Map.of(), null, null), plain("x")));

        assertThat(managers.events())
                .containsSubsequence("secret create db", "secret update db", "secret remove db", "config create c");
    }

    @Test
    void aConfigOfTheLargestSizeFitsTheLogAndTheBus() {
        String id = Objects.requireNonNull(leader.done(new Command.CreateConfig(
                        new ConfigSpec("big", Map.of(), null, null), plain("x".repeat(1_023_999))))
                .id());
        Config config = leader.state().config(id).orElseThrow();
        assertThat(Objects.requireNonNull(config.value()).sizeBytes()).isEqualTo(1_023_999);
    }

    @Test
    void leavingTheSwarmTakesSecretsAndConfigsAway() {
        secret("db", "x");
        leader.done(new Command.LeaveSwarm("m1", true));

        assertThat(leader.state().all(ObjectKind.SECRET)).isEmpty();
        assertThat(refused(create("db", "x", Map.of()))).startsWith("This node is not a swarm manager.");
    }

    private Secret secret(String name, String value) {
        return secret(name, value, Map.of());
    }

    private Secret secret(String name, String value, Map<String, String> labels) {
        String id =
                Objects.requireNonNull(leader.done(create(name, value, labels)).id());
        return leader.state().secret(id).orElseThrow();
    }

    private static Command.CreateSecret create(String name, String value, Map<String, String> labels) {
        return new Command.CreateSecret(secretSpec(name, labels), plain(value));
    }

    private static SecretSpec secretSpec(String name, Map<String, String> labels) {
        return new SecretSpec(name, labels, null, null, null);
    }

    private static Confidential plain(String value) {
        return Confidential.Plain.of(value.getBytes(StandardCharsets.UTF_8));
    }

    private String refused(Command command) {
        return ((Reply.Refused) leader.ask(command)).refusal().message();
    }

    private Service service(ServiceSpec spec) {
        String id = Objects.requireNonNull(
                leader.done(new Command.CreateService(spec)).id());
        for (Task task : List.copyOf(leader.state().tasksOfService(id))) {
            if (task.nodeId() != null) {
                managers.observe("m1", task.id(), TaskState.RUNNING);
            }
        }
        return leader.state().service(id).orElseThrow();
    }

    private static ServiceSpec using(String name, Secret secret) {
        ServiceSpec spec = StepManagers.service(name, 2);
        var template = Objects.requireNonNull(spec.taskTemplate());
        ContainerSpec container = Objects.requireNonNull(template.containerSpec())
                .withSecrets(List.of(new ContainerSpec.Secret(
                        new ContainerSpec.Secret.File("password", "0", "0", 292L), secret.id(), secret.name())));
        return spec.withTaskTemplate(template.withContainerSpec(container));
    }

    private static List<String> secretIds(ServiceSpec spec) {
        return Objects.requireNonNull(
                        Objects.requireNonNull(spec.taskTemplate()).containerSpec())
                .secrets()
                .stream()
                .map(ContainerSpec.Secret::secretId)
                .map(Objects::requireNonNull)
                .toList();
    }

    private <T> T assigned(String key, Class<T> type) throws Exception {
        InRecord record = managers.published.stream()
                .filter(r -> r.topic() == Topic.ASSIGNMENTS && r.key().equals(key) && r.value() != null)
                .reduce((first, last) -> last)
                .orElseThrow();
        return Codec.JSON.decode(Objects.requireNonNull(record.value()), type);
    }

    /** In plain or in base64. */
    private static boolean discloses(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return Stream.of("hunter2", "registry-pass")
                .anyMatch(value -> text.contains(value)
                        || text.contains(Base64.getEncoder()
                                .withoutPadding()
                                .encodeToString(value.getBytes(StandardCharsets.UTF_8))));
    }
}
