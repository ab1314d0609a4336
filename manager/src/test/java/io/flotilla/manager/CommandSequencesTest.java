package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.state.ClusterState;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever is asked and reported in whatever order, and whenever the leader dies, the state stays sound and shown. */
class CommandSequencesTest {
    @Property(tries = 60)
    void anySequenceKeepsTheStateSound(@ForAll @Size(max = 25) List<@IntRange(max = 999) Integer> steps) {
        StepManagers managers = new StepManagers(20);
        StepManagers.One leader = managers.swarm();
        managers.describe("w1", NodeSpec.Role.WORKER);
        managers.loadImage("w1", "sha256:" + "ab".repeat(32), "busybox:latest");
        Map<String, TaskState> seen = new java.util.HashMap<>();
        for (int step : steps) {
            StepManagers.One now = leader;
            int argument = step / 13;
            switch (step % 13) {
                case 0, 1 -> now.ask(new Command.CreateService(StepManagers.service("s" + argument % 3, argument % 4)));
                case 2 ->
                    anyService(now.state(), argument)
                            .ifPresent(s -> now.ask(new Command.UpdateService(
                                    s.id(),
                                    s.version().index(),
                                    StepManagers.service(
                                            Objects.requireNonNull(s.spec().name()), argument % 5),
                                    false)));
                case 3 ->
                    anyService(now.state(), argument)
                            .ifPresent(s -> now.ask(new Command.UpdateService(
                                    s.id(), s.version().index(), null, true)));
                case 4 -> anyService(now.state(), argument).ifPresent(s -> now.ask(new Command.RemoveService(s.id())));
                case 5, 6 ->
                    anyTask(now.state(), argument)
                            .ifPresent(t -> managers.observe(
                                    Objects.requireNonNullElse(t.nodeId(), "w1"),
                                    t.id(),
                                    TaskState.values()[argument % TaskState.values().length]));
                case 8 -> now.ask(StepManagers.create(StepManagers.container("c" + argument % 4)));
                case 9 ->
                    anyContainer(now.state(), argument)
                            .ifPresent(c -> now.ask(
                                    argument % 2 == 0
                                            ? new Command.StartContainer(c.id())
                                            : new Command.RenameContainer(c.id(), "c" + argument % 5)));
                case 10 ->
                    anyContainer(now.state(), argument).ifPresent(c -> now.ask(new Command.ForgetContainer(c.id())));
                case 11 ->
                    anyContainer(now.state(), argument)
                            .ifPresent(c -> managers.see(c.nodeId(), c.id(), argument, "running"));
                case 7 -> managers.pass(Duration.ofSeconds(argument % 7), "m1");
                default -> {
                    managers.crash("m1");
                    leader = managers.start("m1");
                    managers.group.elect("m1");
                    managers.run();
                }
            }
            assertSound(managers, leader.state(), seen);
        }
    }

    private static void assertSound(StepManagers managers, ClusterState state, Map<String, TaskState> seen) {
        Set<String> names = new HashSet<>();
        state.services().forEach(service -> assertThat(
                        names.add(String.valueOf(service.spec().name())))
                .isTrue());
        for (Task task : state.tasks()) {
            assertThat(state.revision(
                            Objects.requireNonNull(task.serviceId()), Objects.requireNonNull(task.specVersion())))
                    .as("revision of %s", task)
                    .isPresent();
            assertThat(task.state()).isGreaterThanOrEqualTo(seen.getOrDefault(task.id(), TaskState.NEW));
            seen.put(task.id(), task.state());
        }
        Set<String> assigned = new HashSet<>();
        for (Container container : state.containers()) {
            assertThat(names.add(
                            "/" + Objects.requireNonNull(container.request()).name()))
                    .isTrue();
            assigned.add(container.nodeId() + "/container/" + container.id());
        }
        assertThat(managers.shown(Topic.ASSIGNMENTS).keySet().stream().filter(key -> key.contains("/container/")))
                .containsExactlyInAnyOrderElementsOf(assigned);
        Set<String> keys = new HashSet<>();
        for (ObjectKind kind : ObjectKind.values()) {
            for (StoreObject object : state.all(kind)) {
                keys.add(kind.key(object.id()));
            }
        }
        assertThat(managers.shown(Topic.OBJECTS).keySet()).isEqualTo(keys);
    }

    private static Optional<Service> anyService(ClusterState state, int pick) {
        return state.services().stream()
                .sorted(Comparator.comparing(Service::id))
                .skip(state.services().isEmpty() ? 0 : pick % state.services().size())
                .findFirst();
    }

    private static Optional<Container> anyContainer(ClusterState state, int pick) {
        return state.containers().stream()
                .sorted(Comparator.comparing(Container::id))
                .skip(
                        state.containers().isEmpty()
                                ? 0
                                : pick % state.containers().size())
                .findFirst();
    }

    private static Optional<Task> anyTask(ClusterState state, int pick) {
        return state.tasks().stream()
                .sorted(Comparator.comparing(Task::id))
                .skip(state.tasks().isEmpty() ? 0 : pick % state.tasks().size())
                .findFirst();
    }
}
