package io.flotilla.manager.simulation;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.ConfigSpec;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SecretSpec;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.manager.seal.CommandSeal;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.VolumeUses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What users ask of the leader, and what they were promised: an accepted change is never lost. */
final class Users {
    /** Secrets and configs there may be. */
    static final int VALUES = 3;

    /** Cluster volumes there may be: of each way to share one, two of a group, one in one zone. */
    static final int VOLUMES = 7;

    private static final String GROUP = "g";
    private static final int OF_ONE_ZONE = 3;
    private static final List<Integer> OF_GROUP = List.of(4, 5);

    private final World world;
    private final CommandSeal seal = new CommandSeal(SimulatedManager.KEYS);

    /** Services whose creation was accepted, and the index of the last change of them that was. */
    private final Map<String, Long> accepted = new LinkedHashMap<>();

    /** Services whose removal was asked for, whatever became of it. */
    private final Set<String> mayBeGone = new HashSet<>();

    private final Map<String, ObjectKind> valuesAccepted = new LinkedHashMap<>();
    private final Set<String> valuesThatMayBeGone = new HashSet<>();
    private final Set<String> volumesAccepted = new HashSet<>();
    private final Set<String> volumesThatMayBeGone = new HashSet<>();

    Users(World world) {
        this.world = world;
    }

    /** The whole swarm there is at the beginning. */
    Command init(String nodeId) {
        return new Command.InitSwarm(nodeId, null, "10.0.0.1", List.of(), 0, false);
    }

    void create(int number, ServiceShape shape) {
        String name = "s" + Math.floorMod(number, 4);
        ask(new Command.CreateService(shape.spec(name, shape.mode(), values(shape))), "create " + name + " " + shape);
    }

    void update(int pick, ServiceShape shape) {
        onService(
                pick,
                service -> ask(
                        new Command.UpdateService(
                                service.id(),
                                service.version().index(),
                                shape.spec(
                                        Objects.requireNonNull(service.spec().name()),
                                        ServiceShape.Mode.of(service),
                                        values(shape)),
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

    /** Of every second value there may be several versions. */
    void putValue(int pick, int content) {
        int value = Math.floorMod(pick, VALUES);
        String name = "v" + value;
        Map<String, String> labels = value == 1 ? Map.of() : Map.of(StoredValue.VERSIONED, "true");
        Confidential data = Confidential.Plain.of(new byte[] {(byte) value, (byte) content});
        Command command = kindOf(value) == ObjectKind.SECRET
                ? new Command.CreateSecret(new SecretSpec(name, labels, null, null, null), data)
                : new Command.CreateConfig(new ConfigSpec(name, labels, null, null), data);
        ask(seal.sealed(command), "put value " + name + " content " + content);
    }

    void removeValue(int pick) {
        int value = Math.floorMod(pick, VALUES);
        seen().flatMap(state -> state.valueNamed(kindOf(value), "v" + value)).ifPresent(there -> {
            valuesThatMayBeGone.add(there.name());
            ask(new Command.RemoveValue(there.kind(), there.id()), "remove value " + there.name());
        });
    }

    /** Of a mount. */
    static String source(Random random) {
        int volume = random.nextInt(VOLUMES);
        return OF_GROUP.contains(volume)
                ? "group:" + GROUP
                : "w" + volume + (random.nextInt(4) == 0 ? ServiceShape.READ_ONLY : "");
    }

    private static ClusterVolumeSpec.AccessMode accessMode(int volume) {
        boolean multi = volume == 2 || volume == OF_ONE_ZONE || volume == 6;
        ClusterVolumeSpec.Sharing sharing =
                switch (volume) {
                    case 1, OF_ONE_ZONE -> ClusterVolumeSpec.Sharing.ALL;
                    case 2 -> ClusterVolumeSpec.Sharing.ONE_WRITER;
                    default -> ClusterVolumeSpec.Sharing.NONE;
                };
        return new ClusterVolumeSpec.AccessMode(
                multi ? ClusterVolumeSpec.Scope.MULTI : ClusterVolumeSpec.Scope.SINGLE,
                sharing,
                new ClusterVolumeSpec.MountVolume(null, List.of()),
                null);
    }

    void createVolume(int volume) {
        var zone = new ClusterVolumeSpec.TopologyRequirement(List.of(new Topology(Map.of("zone", "z1"))), List.of());
        ClusterVolumeSpec spec = ClusterVolumeSpecBuilder.builder()
                .accessMode(accessMode(volume))
                .group(OF_GROUP.contains(volume) ? GROUP : null)
                .accessibilityRequirements(volume == OF_ONE_ZONE ? zone : null)
                .build();
        ask(
                new Command.CreateClusterVolume(
                        new VolumeCreate("w" + volume, SimulatedStorage.DRIVER, Map.of(), Map.of(), spec)),
                "create volume w" + volume);
    }

    void removeVolume(int volume) {
        seen().flatMap(state -> state.swarmVolumeNamed("w" + volume)).ifPresent(there -> {
            volumesThatMayBeGone.add(there.id());
            ask(new Command.RemoveClusterVolume(there.id(), false), "remove volume " + there.name());
        });
    }

    void changeVolume(int volume, ClusterVolumeSpec.Availability availability) {
        seen().ifPresent(state -> state.swarmVolumeNamed("w" + volume).ifPresent(there -> {
            if (availability == ClusterVolumeSpec.Availability.DRAIN
                    && !VolumeUses.of(state, there.id()).isEmpty()) {
                world.invariants.tally.saw("volumes drained under tasks");
            }
            ask(
                    new Command.UpdateClusterVolume(
                            there.id(), there.version().index(), there.spec().withAvailability(availability)),
                    "volume " + there.name() + " " + availability);
        }));
    }

    private static ObjectKind kindOf(int value) {
        return value < 2 ? ObjectKind.SECRET : ObjectKind.CONFIG;
    }

    private List<StoredValue> values(ServiceShape shape) {
        List<StoredValue> found = new ArrayList<>();
        for (int value = 0; value < shape.extras().values(); value++) {
            int number = value;
            seen().flatMap(state -> state.valueNamed(kindOf(number), "v" + number))
                    .ifPresent(found::add);
        }
        return found;
    }

    void changeNode(int pick, java.util.function.UnaryOperator<io.flotilla.bus.schema.NodeSpec> change) {
        seen().ifPresent(state -> {
            Node node = state.node(world.agent(pick).id).orElse(null);
            if (node != null) {
                ask(
                        new Command.UpdateNode(node.id(), node.version().index(), change.apply(node.spec())),
                        "node " + node.id() + " " + change.apply(node.spec()));
            }
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
                    case Command.RemoveValue _ -> world.invariants.tally.saw("values removed");
                    case Command.CreateService _ -> accepted.put(Objects.requireNonNull(done.id()), done.index());
                    case Command.UpdateService update -> accepted.merge(update.serviceId(), done.index(), Math::max);
                    case Command.CreateSecret create -> {
                        world.invariants.tally.saw("values put");
                        valuesAccepted.put(String.valueOf(create.spec().name()), ObjectKind.SECRET);
                    }
                    case Command.CreateConfig create -> {
                        world.invariants.tally.saw("values put");
                        valuesAccepted.put(String.valueOf(create.spec().name()), ObjectKind.CONFIG);
                    }
                    case Command.RemoveService remove -> accepted.remove(remove.serviceId());
                    case Command.CreateClusterVolume _ -> volumesAccepted.add(String.valueOf(done.id()));
                    default -> {}
                }
            }
            case Reply.Refused refused -> {
                if (command instanceof Command.RemoveValue) {
                    world.invariants.tally.saw("values refused to be removed");
                }
                world.tell("user", "refused: " + refused.refusal().message());
            }
            case Reply.Disclosed _ -> world.tell("user", "was told: " + words);
            case null -> world.invariants.fail("a command failed: " + words, null);
        }
    }

    /** Whether a state has everything that was promised. */
    void checkPromises(ClusterState state) {
        valuesAccepted.forEach((name, kind) -> {
            if (state.valueNamed(kind, name).isEmpty() && !valuesThatMayBeGone.contains(name)) {
                world.invariants.fail("value " + name + " was accepted and is not there", null);
            }
        });
        volumesAccepted.forEach(id -> {
            if (state.swarmVolume(id).isEmpty() && !volumesThatMayBeGone.contains(id)) {
                world.invariants.fail("volume " + id + " was accepted and is not there", null);
            }
        });
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
