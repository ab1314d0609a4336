package io.flotilla.manager.simulation;

import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.simulation.Plan.Action;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Carries a plan out, lets leaders be elected, and in the end makes everything whole again. */
final class Storm {
    private static final Duration ELECTION = Duration.ofMillis(300);

    private final World world;
    private final Users users;
    private boolean over;

    Storm(World world, Users users) {
        this.world = world;
        this.users = users;
    }

    void begin(Plan plan) {
        for (Plan.Step step : plan.steps()) {
            world.after(step.at(), () -> act(step.action()));
        }
        elections();
    }

    /** Nothing goes wrong any more. */
    void end() {
        over = true;
        world.tell("all", "faults stop");
        for (SimulatedManager manager : world.managers()) {
            if (!manager.running()) {
                manager.start();
            }
            manager.heal();
            manager.bus().heal();
        }
        for (SimulatedAgent agent : world.agents()) {
            if (!agent.running()) {
                agent.start();
            }
            agent.bus().heal();
        }
    }

    /**
     * Someone who has a majority stands for election whenever nobody who does leads; and sometimes when one who can't hear
     * the leader has made the others vote.
     */
    private void elections() {
        world.after(ELECTION.plus(world.within(ELECTION)), () -> {
            List<SimulatedManager> electable = world.managers().stream()
                    .filter(manager -> world.group.hasMajority(manager.id))
                    .toList();
            boolean led = electable.stream().anyMatch(manager -> world.group.isLeader(manager.id));
            boolean disturbed = electable.stream().anyMatch(manager -> !world.group.hearsLeader(manager.id));
            if (!electable.isEmpty() && (!led || disturbed && world.chance(0.2))) {
                SimulatedManager elected = electable.get(world.random.nextInt(electable.size()));
                int survivors = world.random.nextInt(3);
                world.tell(
                        elected.id, "is elected; of its predecessor's entries under way survive at most " + survivors);
                world.group.elect(elected.id, survivors);
                world.wakeManagers();
            }
            elections();
        });
    }

    private Optional<SimulatedManager> leader() {
        return world.managers().stream().filter(SimulatedManager::leads).findFirst();
    }

    private void act(Action action) {
        switch (action) {
            case Action.Create(int service, ServiceShape shape) -> users.create(service, shape);
            case Action.Update(int service, ServiceShape shape) -> users.update(service, shape);
            case Action.Rollback(int service) -> users.rollback(service);
            case Action.Remove(int service) -> users.remove(service);
            case Action.Availability(int node, var availability) ->
                users.changeNode(node, spec -> spec.withAvailability(availability));
            case Action.Zone(int node, String zone) ->
                users.changeNode(node, spec -> spec.withLabels(Map.of("zone", zone)));
            case Action.PutValue(int value, int content) -> users.putValue(value, content);
            case Action.RemoveValue(int value) -> users.removeValue(value);
            case Action.CreateVolume(int volume) -> users.createVolume(volume);
            case Action.RemoveVolume(int volume) -> users.removeVolume(volume);
            case Action.VolumeAvailability(int volume, var availability) -> users.changeVolume(volume, availability);
            case Action.KillManager(int manager, Duration away) -> kill(world.manager(manager), away);
            case Action.LosePower(int manager, Duration away) -> losePower(world.manager(manager), away);
            case Action.KillLeader(Duration away) -> leader().ifPresent(leads -> kill(leads, away));
            case Action.CutOffManager(int manager, boolean sending, boolean receiving, Duration away) ->
                cutOff(world.manager(manager), sending, receiving, away);
            case Action.CutOffLeader(boolean sending, boolean receiving, Duration away) ->
                leader().ifPresent(leads -> cutOff(leads, sending, receiving, away));
            case Action.CutManagers(int from, int to, Duration away) ->
                cutWay(world.manager(from), world.manager(to), away);
            case Action.JumpClock(int manager, Duration by) ->
                world.manager(manager).jump(by);
            case Action.JumpClocks(Duration by) -> world.managers().forEach(manager -> manager.jump(by));
            case Action.CutManagerFromBus(int manager, boolean sending, boolean receiving, Duration away) ->
                cut(world.manager(manager).id, world.manager(manager).bus(), sending, receiving, away);
            case Action.BusDown(Duration away) -> {
                world.managers().forEach(manager -> cut(manager.id, manager.bus(), true, true, away));
                world.agents().forEach(agent -> cut(agent.id, agent.bus(), true, true, away));
            }
            case Action.LoseAcknowledgements(Duration away) -> {
                world.tell("bus", "loses acknowledgements");
                everyBus(bus -> bus.loseAcknowledgements(true));
                world.after(away, () -> everyBus(bus -> bus.loseAcknowledgements(false)));
            }
            case Action.SlowBus(Duration latency, Duration away) -> {
                world.tell("bus", "is slow");
                everyBus(bus -> bus.slow(latency));
                world.after(away, () -> everyBus(bus -> bus.slow(Duration.ofMillis(4))));
            }
            case Action.Compact() -> world.bus.compact(Topic.REMOVALS_KEPT);
            case Action.KillAgent(int agent, Duration away) -> back(world.agent(agent), away, false);
            case Action.RebootHost(int agent, Duration away) -> back(world.agent(agent), away, true);
            case Action.CutAgentFromBus(int agent, boolean sending, boolean receiving, Duration away) ->
                cut(world.agent(agent).id, world.agent(agent).bus(), sending, receiving, away);
            case Action.SetHostsClock(int agent, Duration ahead) ->
                world.agent(agent).setClock(ahead);
            case Action.KillProcess(int agent, int task) -> world.agent(agent).kill(task);
        }
    }

    private void everyBus(java.util.function.Consumer<SimulatedBus> what) {
        world.managers().forEach(manager -> what.accept(manager.bus()));
        world.agents().forEach(agent -> what.accept(agent.bus()));
    }

    private void kill(SimulatedManager manager, Duration away) {
        manager.crash();
        startAgain(manager, away);
    }

    private void losePower(SimulatedManager manager, Duration away) {
        manager.losePower();
        startAgain(manager, away);
    }

    private void startAgain(SimulatedManager manager, Duration away) {
        world.after(away, () -> {
            if (!manager.running()) {
                manager.start();
            }
        });
    }

    private void cutOff(SimulatedManager manager, boolean sending, boolean receiving, Duration away) {
        manager.cutOff(sending, receiving);
        world.after(away, manager::heal);
    }

    private void cutWay(SimulatedManager from, SimulatedManager to, Duration away) {
        if (from != to) {
            world.tell(to.id, "does not hear " + from.id);
            world.group.cut(from.id, to.id);
            world.after(away, () -> {
                world.group.heal(from.id, to.id);
                world.wakeManagers();
            });
        }
    }

    private void cut(String who, SimulatedBus bus, boolean sending, boolean receiving, Duration away) {
        world.tell(who, "cannot " + (sending ? receiving ? "use" : "write to" : "read from") + " the bus");
        bus.cut(sending, receiving);
        world.after(away, () -> {
            if (!over) {
                world.tell(who, "reaches the bus");
                bus.mend(sending, receiving);
            }
        });
    }

    private void back(SimulatedAgent agent, Duration away, boolean reboot) {
        if (reboot) {
            agent.reboot();
        } else {
            agent.crash();
        }
        world.after(away, () -> {
            if (!agent.running()) {
                agent.start();
            }
        });
    }
}
