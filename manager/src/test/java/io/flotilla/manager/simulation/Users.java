package io.flotilla.manager.simulation;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Service;
import io.flotilla.manager.state.ClusterState;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What users ask of the leader, and what they were promised: an accepted change is never lost. */
final class Users {
    private final World world;

    /** Services whose creation was accepted, and the index of the last change of them that was. */
    private final Map<String, Long> accepted = new LinkedHashMap<>();

    /** Services whose removal was asked for, whatever became of it. */
    private final Set<String> mayBeGone = new HashSet<>();

    Users(World world) {
        this.world = world;
    }

    /** The whole swarm there is at the beginning. */
    Command init(String nodeId) {
        return new Command.InitSwarm(nodeId, null, "10.0.0.1", List.of(), 0, false);
    }

    void create(int number, ServiceShape shape) {
        String name = "s" + Math.floorMod(number, 4);
        ask(new Command.CreateService(shape.spec(name, shape.mode())), "create " + name + " " + shape);
    }

    void update(int pick, ServiceShape shape) {
        onService(
                pick,
                service -> ask(
                        new Command.UpdateService(
                                service.id(),
                                service.version().index(),
                                shape.spec(
                                        Objects.requireNonNull(service.spec().name()), ServiceShape.Mode.of(service)),
                                false),
                        "update " + service.spec().name() + " " + shape));
    }

    void rollback(int pick) {
        onService(
                pick,
                service -> ask(
                        new Command.UpdateService(
                                service.id(), service.version().index(), null, true),
                        "roll back " + service.spec().name()));
    }

    void remove(int pick) {
        onService(pick, service -> {
            mayBeGone.add(service.id());
            ask(
                    new Command.RemoveService(service.id()),
                    "remove " + service.spec().name());
        });
    }

    void changeNode(int pick, java.util.function.UnaryOperator<io.flotilla.bus.schema.NodeSpec> change) {
        seen().ifPresent(state -> {
            List<Node> nodes = state.nodes().stream()
                    .sorted(Comparator.comparing(Node::id))
                    .toList();
            if (nodes.isEmpty()) {
                return;
            }
            Node node = nodes.get(Math.floorMod(pick, nodes.size()));
            ask(
                    new Command.UpdateNode(node.id(), node.version().index(), change.apply(node.spec())),
                    "node " + node.id() + " " + change.apply(node.spec()));
        });
    }

    private void onService(int pick, java.util.function.Consumer<Service> what) {
        seen().ifPresent(state -> {
            List<Service> services = state.services().stream()
                    .sorted(Comparator.comparing(
                            service -> String.valueOf(service.spec().name())))
                    .toList();
            if (!services.isEmpty()) {
                what.accept(services.get(Math.floorMod(pick, services.size())));
            }
        });
    }

    private Optional<ClusterState> seen() {
        return leader().map(SimulatedManager::state);
    }

    private Optional<SimulatedManager> leader() {
        return world.managers().stream().filter(SimulatedManager::leads).findFirst();
    }

    void ask(Command command, String words) {
        Optional<SimulatedManager> leader = leader();
        if (leader.isEmpty()) {
            world.tell("user", "finds no leader to " + words);
            return;
        }
        world.tell("user", words);
        var unused = leader.get().execute(command).whenComplete((reply, failure) -> answered(command, words, reply));
    }

    private void answered(Command command, String words, @Nullable Reply reply) {
        switch (reply) {
            case Reply.Done done -> {
                world.tell("user", "done at " + done.index() + ": " + words);
                switch (command) {
                    case Command.CreateService _ -> accepted.put(Objects.requireNonNull(done.id()), done.index());
                    case Command.UpdateService update -> accepted.merge(update.serviceId(), done.index(), Math::max);
                    case Command.RemoveService remove -> accepted.remove(remove.serviceId());
                    default -> {}
                }
            }
            case Reply.Refused refused ->
                world.tell("user", "refused: " + refused.refusal().message());
            case Reply.Disclosed _ -> world.tell("user", "was told: " + words);
            case null -> world.invariants.fail("a command failed: " + words, null);
        }
    }

    /** Whether a state has everything that was promised. */
    void checkPromises(ClusterState state) {
        accepted.forEach((id, index) -> {
            Optional<Service> service = state.service(id);
            if (service.isEmpty() && !mayBeGone.contains(id)) {
                world.invariants.fail("service " + id + " was accepted at " + index + " and is not there", null);
            }
            service.filter(there -> there.version().index() < index)
                    .ifPresent(there -> world.invariants.fail(
                            "service " + id + " was changed at " + index + " and is of " + there.version(), null));
        });
    }
}
