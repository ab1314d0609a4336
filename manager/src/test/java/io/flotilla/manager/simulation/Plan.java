package io.flotilla.manager.simulation;

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

    private static final int SERVICES = 4;

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

        // ---- faults

        record KillManager(int manager, Duration away) implements Action {}

        /** Its host loses power: what was not synced is gone. */
        record LosePower(int manager, Duration away) implements Action {}

        record KillLeader(Duration away) implements Action {}

        record CutOffManager(int manager, Duration away) implements Action {}

        record CutOffLeader(Duration away) implements Action {}

        record JumpClock(int manager, Duration by) implements Action {}

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
        for (int service = 0; service < SERVICES; service++) {
            ServiceShape shape = weather == Weather.STORM ? ServiceShape.any(random) : ServiceShape.steady(random);
            steps.add(new Step(Duration.ofMillis(500L * service), new Action.Create(service, shape)));
        }
        Duration quiet = weather == Weather.STORM ? Duration.ofSeconds(2) : Duration.ofSeconds(15);
        int count = 5 + random.nextInt(25);
        for (int i = 0; i < count; i++) {
            Duration at = quiet.plusMillis(random.nextLong(LENGTH.minus(quiet).toMillis()));
            steps.add(new Step(
                    at, weather == Weather.STORM && random.nextInt(3) == 0 ? user(random) : fault(random, weather)));
        }
        steps.sort(Comparator.comparing(Step::at));
        return new Plan(List.copyOf(steps));
    }

    private static Action user(Random random) {
        int pick = random.nextInt(100);
        return switch (random.nextInt(8)) {
            case 0 -> new Action.Create(pick, ServiceShape.any(random));
            case 1, 2, 3 -> new Action.Update(pick, ServiceShape.any(random));
            case 4 -> new Action.Rollback(pick);
            case 5 -> new Action.Remove(pick);
            case 6 ->
                new Action.Availability(
                        pick, NodeSpec.Availability.values()[random.nextInt(NodeSpec.Availability.values().length)]);
            default -> new Action.Zone(pick, random.nextBoolean() ? "a" : "b");
        };
    }

    private static Action fault(Random random, Weather weather) {
        int pick = random.nextInt(100);
        Duration away = Duration.ofMillis(50 + random.nextInt(6_000));
        boolean sending = random.nextBoolean();
        boolean receiving = !sending || random.nextBoolean();
        return switch (random.nextInt(weather == Weather.STORM ? 15 : 9)) {
            case 0 -> random.nextBoolean() ? new Action.KillManager(pick, away) : new Action.LosePower(pick, away);
            case 1, 2 -> new Action.KillLeader(away);
            case 3 -> new Action.CutOffManager(pick, away);
            case 4 -> new Action.CutOffLeader(away);
            case 5 -> new Action.CutManagerFromBus(pick, sending, receiving, away);
            case 6 -> new Action.BusDown(away);
            case 7 -> new Action.LoseAcknowledgements(away);
            case 8 -> random.nextBoolean() ? new Action.Compact() : new Action.SlowBus(Duration.ofMillis(700), away);
            case 9 -> {
                Duration by = Duration.ofMillis(random.nextInt(20_000) - 10_000);
                yield random.nextInt(3) == 0 ? new Action.SetHostsClock(pick, by) : new Action.JumpClock(pick, by);
            }
            case 10 -> new Action.KillAgent(pick, away);
            case 11 -> new Action.RebootHost(pick, away);
            case 12 -> new Action.CutAgentFromBus(pick, sending, receiving, away);
            default -> new Action.KillProcess(pick, random.nextInt(100));
        };
    }
}
