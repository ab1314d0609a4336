package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.NodeSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * What users do and what goes wrong, and when. Decided before the run, so that a failing plan can be made smaller and run
 * again; everything else follows from the seed.
 */
record Plan(List<Step> steps) {
    /** Nothing is planned for longer; then faults stop. */
    static final Duration LENGTH = Duration.ofSeconds(40);

    static final int SERVICES = 4;

    /** Nodes of the zone that many services ask for. */
    private static final int CROWDED = 3;

    record Step(Duration at, Action action) {}

    /** Numbers pick one of what is there at the time, so that an action keeps its sense when others are left out. */
    sealed interface Action {
        // ---- users

        record Create(int service, ServiceShape shape) implements Action {}

        record Update(int service, ServiceShape shape) implements Action {}

        record Rollback(int service) implements Action {}

        record Remove(int service) implements Action {}

        record Availability(int node, NodeSpec.Availability availability) implements Action {}

        record Zone(int node, String zone) implements Action {}

        /** Makes a value, or gives one that is there another content. */
        record PutValue(int value, int content) implements Action {}

        record RemoveValue(int value) implements Action {}

        /** Makes the volume unless it is there. */
        record CreateVolume(int volume) implements Action {}

        record RemoveVolume(int volume) implements Action {}

        record VolumeAvailability(int volume, ClusterVolumeSpec.Availability availability) implements Action {}

        // ---- faults

        record KillManager(int manager, Duration away) implements Action {}

        /** Its host loses power: what was not synced is gone. */
        record LosePower(int manager, Duration away) implements Action {}

        record KillLeader(Duration away) implements Action {}

        /** From all other managers, in one direction or both. */
        record CutOffManager(int manager, boolean sending, boolean receiving, Duration away) implements Action {}

        record CutOffLeader(boolean sending, boolean receiving, Duration away) implements Action {}

        /** One manager no longer hears of one other. */
        record CutManagers(int from, int to, Duration away) implements Action {}

        record JumpClock(int manager, Duration by) implements Action {}

        /** Of all managers: as far as they know they were all away. */
        record JumpClocks(Duration by) implements Action {}

        record CutManagerFromBus(int manager, boolean sending, boolean receiving, Duration away) implements Action {}

        record BusDown(Duration away) implements Action {}

        record LoseAcknowledgements(Duration away) implements Action {}

        record SlowBus(Duration latency, Duration away) implements Action {}

        record Compact() implements Action {}

        record KillAgent(int agent, Duration away) implements Action {}

        record RebootHost(int agent, Duration away) implements Action {}

        record CutAgentFromBus(int agent, boolean sending, boolean receiving, Duration away) implements Action {}

        /** From now on it says other times than it is, until it says so again. */
        record SetHostsClock(int agent, Duration ahead) implements Action {}

        record KillProcess(int agent, int task) implements Action {}
    }

    /** What kinds of trouble there are. */
    enum Weather {
        /** Everything may go wrong. */
        STORM,
        /** Only managers and bus fail, and users ask for nothing after the beginning: no task may be touched. */
        MANAGERS_ONLY
    }

    static Plan of(long seed, Weather weather) {
        // not the world's own source: a smaller plan must not change what is drawn there
        Random random = new Random(seed * 31 + 7);
        List<Step> steps = new ArrayList<>();
        for (int value = 0; value < Users.VALUES; value++) {
            steps.add(new Step(Duration.ZERO, new Action.PutValue(value, 0)));
        }
        for (int node = 0; node < CROWDED; node++) {
            steps.add(new Step(Duration.ZERO, new Action.Zone(node, "a")));
        }
        for (int service = 0; service < SERVICES; service++) {
            ServiceShape shape =
                    weather == Weather.STORM ? ServiceShape.any(random) : ServiceShape.steady(random, service);
            steps.add(new Step(Duration.ofMillis(500L * service), new Action.Create(service, shape)));
        }
        Duration quiet = weather == Weather.STORM ? Duration.ofSeconds(2) : Duration.ofSeconds(15);
        int count = 5 + random.nextInt(25);
        for (int i = 0; i < count; i++) {
            Duration at = quiet.plusMillis(random.nextLong(LENGTH.minus(quiet).toMillis()));
            steps.add(new Step(
                    at, weather == Weather.STORM && random.nextInt(3) == 0 ? user(random) : fault(random, weather)));
        }
        if (seed % 2 == 1 || seed % 8 == 4) {
            volumes(seed, weather, steps);
        }
        steps.sort(Comparator.comparing(Step::at));
        return new Plan(List.copyOf(steps));
    }

    /** Has services mount volumes; drawn apart, so that seeds mean what they did without. */
    private static void volumes(long seed, Weather weather, List<Step> steps) {
        Random random = new Random(seed * 31 + 8);
        steps.replaceAll(step -> switch (step.action()) {
            case Action.Create(int service, ServiceShape shape)
            when random.nextInt(3) > 0 ->
                new Step(step.at(), new Action.Create(service, shape.mounting(Users.source(random))));
            case Action.Update(int service, ServiceShape shape)
            when random.nextInt(3) > 0 ->
                new Step(step.at(), new Action.Update(service, shape.mounting(Users.source(random))));
            default -> step;
        });
        for (int volume = 0; volume < Users.VOLUMES; volume++) {
            steps.add(new Step(Duration.ofMillis(random.nextInt(1500)), new Action.CreateVolume(volume)));
        }
        for (int i = weather == Weather.STORM ? random.nextInt(12) : 0; i > 0; i--) {
            Duration at = Duration.ofMillis(2_000 + random.nextLong(LENGTH.toMillis() - 2_000));
            steps.add(new Step(at, volume(random)));
        }
    }

    private static Action volume(Random random) {
        int pick = random.nextInt(Users.VOLUMES);
        ClusterVolumeSpec.Availability[] all = ClusterVolumeSpec.Availability.values();
        return switch (random.nextInt(5)) {
            case 0, 1 -> new Action.VolumeAvailability(pick, all[random.nextInt(all.length)]);
            case 2 -> new Action.CreateVolume(pick);
            default -> new Action.RemoveVolume(pick);
        };
    }

    /** Every second time one of the few nodes that many services ask for. */
    private static int pick(Random random) {
        return random.nextInt(random.nextBoolean() ? 100 : CROWDED);
    }

    private static Action user(Random random) {
        int pick = pick(random);
        return switch (random.nextInt(10)) {
            case 0 -> new Action.Create(pick, ServiceShape.any(random));
            case 1, 2, 3 -> new Action.Update(pick, ServiceShape.any(random));
            case 4 -> new Action.Rollback(pick);
            case 5 -> new Action.Remove(pick);
            case 6 ->
                new Action.Availability(
                        pick, NodeSpec.Availability.values()[random.nextInt(NodeSpec.Availability.values().length)]);
            case 7 -> new Action.Zone(pick, random.nextBoolean() ? "a" : "b");
            case 8 -> new Action.PutValue(pick, random.nextInt(3));
            default -> new Action.RemoveValue(pick);
        };
    }

    private static Action fault(Random random, Weather weather) {
        int pick = pick(random);
        Duration away = Duration.ofMillis(50 + random.nextInt(6_000));
        boolean sending = random.nextBoolean();
        boolean receiving = !sending || random.nextBoolean();
        return switch (random.nextInt(weather == Weather.STORM ? 15 : 9)) {
            case 0 -> random.nextBoolean() ? new Action.KillManager(pick, away) : new Action.LosePower(pick, away);
            case 1, 2 -> new Action.KillLeader(away);
            case 3 ->
                random.nextBoolean()
                        ? new Action.CutOffManager(pick, sending, receiving, away)
                        : new Action.CutManagers(pick, random.nextInt(100), away);
            case 4 -> new Action.CutOffLeader(sending, receiving, away);
            case 5 -> new Action.CutManagerFromBus(pick, sending, receiving, away);
            case 6 -> new Action.BusDown(away);
            case 7 -> new Action.LoseAcknowledgements(away);
            case 8 -> random.nextBoolean() ? new Action.Compact() : new Action.SlowBus(Duration.ofMillis(700), away);
            case 9 -> {
                Duration by = Duration.ofMillis(random.nextInt(20_000) - 10_000);
                yield switch (random.nextInt(3)) {
                    case 0 -> new Action.SetHostsClock(pick, by);
                    case 1 -> new Action.JumpClock(pick, by);
                    default -> new Action.JumpClocks(Duration.ofSeconds(10 + random.nextInt(100)));
                };
            }
            case 10 -> new Action.KillAgent(pick, away);
            case 11 -> new Action.RebootHost(pick, away);
            case 12 -> new Action.CutAgentFromBus(pick, sending, receiving, away);
            default -> new Action.KillProcess(pick, random.nextInt(100));
        };
    }
}
