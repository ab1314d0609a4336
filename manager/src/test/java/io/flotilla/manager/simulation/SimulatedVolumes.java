package io.flotilla.manager.simulation;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.report.Report;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a host does for cluster volumes: mounts them, unmounts them when nothing runs with them any more, and calls the plugin's
 * controller. Every call takes its time and may fail, with or without having had its effect; then it is made again.
 */
final class SimulatedVolumes {
    private static final Duration LONGEST_CALL = Duration.ofMillis(300);
    private static final double FAILURE = 0.15;

    private final World world;
    private final String agentId;
    private final Predicate<String> inUse;
    private final BooleanSupplier hearsManagers;
    private final BiConsumer<String, Report> report;
    private final Runnable moved;

    private final Map<String, Assignment.PublishVolume> wanted = new TreeMap<>();
    private final Map<String, Assignment.ControlVolume> asked = new TreeMap<>();
    private final Map<String, Report> told = new TreeMap<>();
    private final Set<String> mounting = new HashSet<>();
    private final Set<String> calling = new HashSet<>();
    private int process;

    /**
     * @param inUse whether a container runs that has the volume
     * @param hearsManagers no call is made for managers that may have asked another host meanwhile
     * @param moved is called when a volume was mounted
     */
    SimulatedVolumes(
            World world,
            String agentId,
            Predicate<String> inUse,
            BooleanSupplier hearsManagers,
            BiConsumer<String, Report> report,
            Runnable moved) {
        this.world = world;
        this.agentId = agentId;
        this.inUse = inUse;
        this.hearsManagers = hearsManagers;
        this.report = report;
        this.moved = moved;
    }

    /** The agent is gone; what is mounted stays. */
    void stop() {
        process++;
        wanted.clear();
        asked.clear();
        told.clear();
        mounting.clear();
        calling.clear();
    }

    /** Every assignment there was at the start has been taken: what is mounted and was not among them is not wanted. */
    void caughtUp() {
        world.storage.mountedBy(agentId).forEach(this::step);
    }

    void reportAll() {
        told.forEach(report);
    }

    void take(String volumeId, Assignment.@Nullable PublishVolume publish) {
        told.remove("volume/" + volumeId);
        if (publish == null) {
            wanted.remove(volumeId);
        } else {
            wanted.put(volumeId, publish);
        }
        step(volumeId);
    }

    void take(String volumeId, Assignment.@Nullable ControlVolume control) {
        told.remove("control/" + volumeId);
        if (control == null) {
            asked.remove(volumeId);
        } else {
            asked.put(volumeId, control);
            call(volumeId);
        }
    }

    Assignment.@Nullable PublishVolume wanted(String volumeId) {
        return wanted.get(volumeId);
    }

    /** Whether a task may start with it. */
    boolean isThere(String volumeId) {
        Assignment.PublishVolume publish = wanted.get(volumeId);
        return publish != null && publish.published() && world.storage.isMounted(volumeId, agentId);
    }

    /** A container ended. */
    void goOn() {
        world.storage.mountedBy(agentId).forEach(this::step);
    }

    private void tell(String key, Report what) {
        told.put(key, what);
        report.accept(key, what);
    }

    // ---- Node

    private void step(String volumeId) {
        Assignment.PublishVolume publish = wanted.get(volumeId);
        boolean mount = publish != null && publish.published();
        if (mounting.contains(volumeId)) {
            return;
        }
        if (mount == world.storage.isMounted(volumeId, agentId)) {
            if (publish != null) {
                tellMounted(publish, mount, null);
            }
            return;
        }
        if (!mount && inUse.test(volumeId)) {
            return;
        }
        mounting.add(volumeId);
        int now = process;
        world.after(world.within(LONGEST_CALL), () -> {
            if (process == now) {
                mounting.remove(volumeId);
                mounted(volumeId, publish, mount);
            }
        });
    }

    private void mounted(String volumeId, Assignment.@Nullable PublishVolume publish, boolean mount) {
        if (wanted.get(volumeId) != publish || !mount && inUse.test(volumeId)) {
            step(volumeId);
            return;
        }
        if (world.chance(FAILURE)) {
            if (publish != null) {
                tellMounted(publish, !mount, "simulated failure");
            }
        } else if (mount) {
            world.storage.mount(volumeId, agentId);
            moved.run();
        } else {
            world.storage.unmount(volumeId, agentId);
        }
        step(volumeId);
    }

    private void tellMounted(Assignment.PublishVolume publish, boolean mounted, @Nullable String failure) {
        tell(
                "volume/" + publish.id(),
                new Report.ClusterVolumeObserved(agentId, publish.id(), publish.number(), mounted, failure));
    }

    // ---- Controller

    /** Again and again until it is answered or not asked any more; managers that are not heard may be heard again any time. */
    private void call(String volumeId) {
        Assignment.ControlVolume control = asked.get(volumeId);
        boolean done = told.get("control/" + volumeId) instanceof Report.ClusterVolumeControlled answer
                && answer.failure() == null;
        if (control == null || done || !calling.add(volumeId)) {
            return;
        }
        int now = process;
        world.after(world.within(LONGEST_CALL), () -> {
            if (process == now) {
                calling.remove(volumeId);
                called(volumeId, control);
            }
        });
    }

    private void called(String volumeId, Assignment.ControlVolume control) {
        if (asked.get(volumeId) != control || !hearsManagers.getAsBoolean()) {
            call(volumeId);
            return;
        }
        boolean fails = world.chance(FAILURE);
        boolean takesEffect = !fails || world.chance(0.5);
        var info = takesEffect ? world.storage.controlled(control) : null;
        tell(
                "control/" + volumeId,
                new Report.ClusterVolumeControlled(
                        agentId,
                        volumeId,
                        control.number(),
                        fails ? null : info,
                        Map.of(),
                        fails ? "simulated failure" : null));
        call(volumeId);
    }
}
