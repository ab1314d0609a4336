package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.simulation.Plan.Weather;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One history of one cluster: it is set up, goes through its plan, and must come to rest.
 *
 * @param managers 1 to 5
 * @param agents at least 1
 */
record Simulation(long seed, int managers, int agents, Weather weather, Mutation mutation) {
    private static final Duration SET_UP = Duration.ofSeconds(3);
    private static final Duration LONGEST_CALMING = Duration.ofMinutes(4);
    private static final Duration PATIENCE = Duration.ofMinutes(11);
    private static final int MOST_SLOTS = 60;
    private static final Duration LOOK = Duration.ofSeconds(2);

    /** When the services of {@link Weather#MANAGERS_ONLY} have all come up. */
    private static final Duration STEADY = Duration.ofSeconds(14);

    /**
     * @param what is wrong
     * @param plan the smallest that was found to show it
     * @param trace the last things that happened
     */
    record Failure(
            Simulation simulation,
            String what,
            Plan plan,
            List<String> trace,
            @Nullable Throwable cause) {
        /** For a person. */
        String words() {
            StringBuilder words = new StringBuilder("seed %d, %d managers, %d agents, %s: %s%nplan:%n"
                    .formatted(
                            simulation.seed(), simulation.managers(), simulation.agents(), simulation.weather(), what));
            plan.steps()
                    .forEach(step ->
                            words.append("%10.3f %s%n".formatted(step.at().toMillis() / 1e3, step.action())));
            words.append("what happened:\n");
            trace.forEach(line -> words.append(line).append('\n'));
            return words.toString();
        }
    }

    static Simulation of(long seed) {
        return new Simulation(seed, 3, 8, seed % 4 == 0 ? Weather.MANAGERS_ONLY : Weather.STORM, Mutation.NONE);
    }

    Simulation with(Mutation mistake) {
        return new Simulation(seed, managers, agents, weather, mistake);
    }

    /** Empty when all went as it must. */
    Optional<Failure> run() {
        return run(new Tally());
    }

    Optional<Failure> run(Tally tally) {
        return run(Plan.of(seed, weather), tally);
    }

    /** Leaves steps out of a failing plan, as long as it goes on failing. */
    Failure shrunk(Failure failure) {
        Failure smallest = failure;
        int chunk = Math.max(1, smallest.plan().steps().size() / 2);
        while (chunk >= 1) {
            boolean smaller = false;
            for (int from = 0; from < smallest.plan().steps().size(); from += chunk) {
                List<Plan.Step> left = new ArrayList<>(smallest.plan().steps());
                left.subList(from, Math.min(left.size(), from + chunk)).clear();
                Optional<Failure> still = run(new Plan(List.copyOf(left)));
                if (still.isPresent()) {
                    smallest = still.get();
                    smaller = true;
                }
            }
            chunk = smaller ? chunk : chunk / 2;
        }
        return smallest;
    }

    /** With a plan of the caller's. */
    Optional<Failure> run(Plan plan) {
        return run(plan, new Tally());
    }

    private Optional<Failure> run(Plan plan, Tally tally) {
        World world = new World(seed, managers, agents, mutation, tally);
        Users users = new Users(world);
        try {
            Storm storm = setUp(world, users);
            Instant begin = world.now();
            storm.begin(plan);
            Map<String, String> steady = Map.of();
            if (weather == Weather.MANAGERS_ONLY) {
                world.run(begin.plus(STEADY));
                steady = running(world);
            }
            world.run(begin.plus(Plan.LENGTH));
            storm.end();
            calm(world, users);
            endUpdates(world, users);
            if (weather == Weather.MANAGERS_ONLY && !steady.equals(running(world))) {
                world.invariants.fail(
                        "tasks were touched though only managers failed: " + steady + " became " + running(world),
                        null);
            }
            world.invariants.check();
            return Optional.empty();
        } catch (Invariants.Broken broken) {
            Invariants.Breach breach = world.invariants.breach();
            return breach == null
                    ? Optional.of(new Failure(this, "broken without a breach", plan, world.trace(), broken))
                    : Optional.of(new Failure(this, breach.what(), plan, world.trace(), breach.cause()));
        } catch (RuntimeException bug) {
            return Optional.of(new Failure(this, "a bug: " + bug, plan, world.trace(), bug));
        }
    }

    private Storm setUp(World world, Users users) {
        world.managers().forEach(SimulatedManager::start);
        world.agents().forEach(SimulatedAgent::start);
        world.group.elect(world.manager(0).id);
        world.wakeManagers();
        world.run(world.now().plus(SET_UP));
        users.ask(users.init(world.agent(0).id), "init the swarm");
        world.run(world.now().plusSeconds(1));
        return new Storm(world, users);
    }

    private static void calm(World world, Users users) {
        Instant deadline = world.now().plus(LONGEST_CALMING);
        Convergence convergence = new Convergence(world);
        Optional<String> missing = Optional.of("not looked at");
        while (missing.isPresent() && world.now().isBefore(deadline)) {
            world.run(world.now().plus(LOOK));
            missing = convergence.missing();
        }
        missing.ifPresent(what -> world.invariants.fail(
                "not at rest " + LONGEST_CALMING.toSeconds() + " s after the last fault: " + what, null));
        world.managers().forEach(manager -> users.checkPromises(manager.state()));
    }

    /** What waits for a node waits no longer than an update is patient: then the update is over, one way or the other. */
    private static void endUpdates(World world, Users users) {
        Convergence convergence = new Convergence(world);
        // one slot after the other, where an update takes them so
        for (int slot = 0; slot < MOST_SLOTS && convergence.updating().isPresent(); slot++) {
            world.managers().forEach(manager -> manager.jump(PATIENCE));
            calm(world, users);
        }
        convergence.updating().ifPresent(what -> world.invariants.fail("an update does not end: " + what, null));
    }

    /** Tasks that run, and where. */
    private static Map<String, String> running(World world) {
        Map<String, String> running = new TreeMap<>();
        for (SimulatedAgent agent : world.agents()) {
            agent.held().stream()
                    .filter(held -> held.state() == TaskState.RUNNING)
                    .forEach(held -> running.put(held.taskId(), agent.id));
        }
        return running;
    }
}
