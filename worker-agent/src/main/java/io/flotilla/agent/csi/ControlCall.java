package io.flotilla.agent.csi;

import io.flotilla.agent.csi.plugin.ControllerPlugin;
import io.flotilla.bus.assignment.Assignment.ControlVolume;
import io.flotilla.bus.report.Report.ClusterVolumeControlled;
import io.flotilla.bus.schema.ClusterVolume;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster asks of a plugin's controller for one volume, tried until it is answered or not wanted any more, and not
 * while the node is not heard: another one may have been asked in its place. The plugin is called by the pursuit's thread only: a call ends before the next one of the volume begins. The monitor guards
 * the rest. Nothing is kept: an agent that comes later makes the call again.
 */
final class ControlCall {
    private final ClusterVolumes.Parts parts;
    private final ClusterVolumes.Host host;
    private final String id;
    private final Consumer<ControlCall> over;
    private final Pursuit pursuit;

    private @Nullable ControlVolume wanted;
    private boolean closed;
    private @Nullable ClusterVolumeControlled outcome;

    /** @param over takes the call away: it is not wanted any more */
    ControlCall(
            ClusterVolumes.Parts parts, ClusterVolumes.Host host, ControlVolume wanted, Consumer<ControlCall> over) {
        this.parts = parts;
        this.host = host;
        this.id = wanted.id();
        this.wanted = wanted;
        this.over = over;
        this.pursuit = new Pursuit("agent-volume-control-" + id, this::attempt, parts.onBug());
    }

    String id() {
        return id;
    }

    Pursuit pursuit() {
        return pursuit;
    }

    /** @return false when it is over: an assignment needs another */
    synchronized boolean want(ControlVolume assignment) {
        if (closed) {
            return false;
        }
        wanted = assignment;
        pursuit.look();
        return true;
    }

    synchronized void withdraw() {
        wanted = null;
        pursuit.look();
    }

    private Pursuit.End attempt() {
        ControlVolume wish = next();
        if (wish == null) {
            over.accept(this);
            return Pursuit.End.OVER;
        }
        if (isDone(wish)) {
            return Pursuit.End.REACHED;
        }
        if (!host.isHeard()) {
            return Pursuit.End.FAILED;
        }
        ClusterVolumeControlled seen;
        try {
            seen = call(wish);
        } catch (IOException e) {
            seen = new ClusterVolumeControlled(
                    parts.nodeId(),
                    id,
                    wish.number(),
                    null,
                    Map.of(),
                    Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
        if (seen.failure() != null && Thread.currentThread().isInterrupted()) {
            // given up by us: it says nothing about the plugin
            return Pursuit.End.FAILED;
        }
        ended(seen);
        return seen.failure() == null ? Pursuit.End.REACHED : Pursuit.End.FAILED;
    }

    /** Null: none, and none after it. */
    private synchronized @Nullable ControlVolume next() {
        closed = wanted == null;
        return wanted;
    }

    private synchronized boolean isDone(ControlVolume wish) {
        return outcome != null && outcome.number() == wish.number() && outcome.failure() == null;
    }

    private synchronized void ended(ClusterVolumeControlled seen) {
        boolean news = !seen.equals(outcome);
        outcome = seen;
        if (news) {
            report();
        }
    }

    /** Puts what it last came to into the outbox. */
    synchronized void report() {
        if (outcome != null && wanted != null) {
            host.report("volumecontrol/" + id, outcome);
        }
    }

    private ClusterVolumeControlled call(ControlVolume wish) throws IOException {
        ControllerPlugin plugin = parts.plugins().controller(wish.driver());
        Map<String, String> secrets = VolumeSecrets.open(parts.values(), wish.secrets());
        ClusterVolume.Info made = null;
        Map<String, String> context = Map.of();
        switch (wish.kind()) {
            case CREATE -> made = plugin.create(wish, secrets);
            case PUBLISH -> {
                if (wish.csiNodeId() == null) {
                    throw new VolumeFailure("the node to publish the volume to has no CSI plugin " + wish.driver());
                }
                context = plugin.publish(wish, info(wish), wish.csiNodeId(), secrets);
            }
            case UNPUBLISH -> {
                // without a name the plugin would take all nodes, and this one was never published to
                if (wish.csiNodeId() != null) {
                    plugin.unpublish(info(wish).volumeId(), wish.csiNodeId(), secrets);
                }
            }
            case DELETE -> plugin.delete(info(wish).volumeId(), secrets);
        }
        return new ClusterVolumeControlled(parts.nodeId(), id, wish.number(), made, context, null);
    }

    private static ClusterVolume.Info info(ControlVolume wish) throws VolumeFailure {
        if (wish.info() == null) {
            throw new VolumeFailure("the volume has not been made yet");
        }
        return wish.info();
    }
}
