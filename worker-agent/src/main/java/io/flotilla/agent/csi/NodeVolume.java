package io.flotilla.agent.csi;

import io.flotilla.agent.container.ClusterMount;
import io.flotilla.agent.csi.plugin.NodePlugin;
import io.flotilla.bus.assignment.Assignment.PublishVolume;
import io.flotilla.bus.report.Report.ClusterVolumeObserved;
import io.flotilla.bus.schema.VolumeAttachment;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One cluster volume on this node: staged and published by its plugin while that is wanted, and let go of when it is not and
 * no task holds it. The plugin is called by the pursuit's thread only, one call at a time; the monitor guards the rest. What
 * was done is known from the volume's folder, so that an agent that comes later goes on where this one ended.
 */
final class NodeVolume {
    private final Ports ports;
    private final String id;
    private final StoredVolume stored;
    private final Pursuit pursuit;

    private PublishVolume wanted;
    /** False while all that is known of it is what an earlier agent process kept. */
    private boolean assigned;

    private boolean withdrawn;
    private boolean closed;
    /** What the plugin was asked for here and has not let go of. */
    private @Nullable PublishVolume kept;

    private boolean mounted;
    /** Null until the first attempt is over. */
    private @Nullable ClusterVolumeObserved outcome;

    private final Set<String> holders = new TreeSet<>();
    /** It could not be let go of for the tasks that hold it. Of the pursuit's thread. */
    private boolean inUse;

    /**
     * What all volumes share.
     *
     * @param over takes the volume away: nothing is left of it here
     */
    record Ports(ClusterVolumes.Parts parts, ClusterVolumes.Host host, Consumer<NodeVolume> over) {}

    private static final class InUse extends IOException {
        private static final long serialVersionUID = 1L;

        InUse(String message) {
            super(message);
        }
    }

    /** @param kept an earlier agent process asked the plugin for; null: none */
    NodeVolume(Ports ports, PublishVolume wanted, @Nullable PublishVolume kept) {
        this.ports = ports;
        this.id = wanted.id();
        this.stored = new StoredVolume(ports.parts().volumes(), wanted.id());
        this.wanted = wanted;
        this.assigned = kept == null;
        this.kept = kept;
        this.pursuit =
                new Pursuit("agent-volume-" + id, this::attempt, ports.parts().onBug());
    }

    String id() {
        return id;
    }

    Pursuit pursuit() {
        return pursuit;
    }

    /** @return false when nothing is left of it here any more: an assignment needs another */
    synchronized boolean want(PublishVolume assignment) {
        if (closed) {
            return false;
        }
        assigned = true;
        wanted = assignment;
        withdrawn = false;
        pursuit.look();
        return true;
    }

    /** It was taken back: it is let go of without anybody waiting for it. */
    synchronized void withdraw() {
        withdrawn = true;
        pursuit.look();
    }

    /** All assignments were read: it was taken back while no agent ran, unless one was for it. */
    synchronized void withdrawUnlessAssigned() {
        if (!assigned) {
            withdraw();
        }
    }

    // ---- for tasks

    /** Why a task can't use it yet; null when it can. */
    synchronized @Nullable String lack() {
        if (mounted) {
            return null;
        }
        if (withdrawn || !wanted.published()) {
            return "it is on its way out of this node";
        }
        String failure = outcome == null ? null : outcome.failure();
        return failure == null ? "it is being mounted" : failure;
    }

    /** @return null when it can't be used yet */
    synchronized @Nullable ClusterMount hold(String taskId, VolumeAttachment attachment) {
        if (!mounted) {
            return null;
        }
        holders.add(taskId);
        return new ClusterMount(attachment.source(), attachment.target(), stored.published(), isBlock(wanted));
    }

    /** A task has it from an earlier agent process. */
    synchronized void adopt(String taskId) {
        holders.add(taskId);
    }

    synchronized void release(String taskId) {
        if (holders.remove(taskId)) {
            pursuit.look();
        }
    }

    // ---- on the pursuit's thread

    private Pursuit.End attempt() {
        PublishVolume wish;
        boolean wantedHere;
        synchronized (this) {
            wish = wanted;
            wantedHere = !withdrawn && wish.published();
        }
        String failure = null;
        try {
            if (wantedHere) {
                bringIn(wish);
            } else {
                letGo();
            }
            inUse = false;
        } catch (InUse used) {
            if (!inUse) {
                // a task that has just ended is taken away in a moment, and says so
                inUse = true;
                return Pursuit.End.FAILED;
            }
            failure = used.getMessage();
        } catch (IOException e) {
            failure = Objects.requireNonNullElse(e.getMessage(), e.toString());
        }
        if (failure != null && Thread.currentThread().isInterrupted()) {
            // given up by us: it says nothing about the plugin
            return Pursuit.End.FAILED;
        }
        if (ended(wish, wantedHere, failure)) {
            ports.host().volumeChanged();
        }
        if (isClosed()) {
            ports.over().accept(this);
            return Pursuit.End.OVER;
        }
        return failure == null ? Pursuit.End.REACHED : Pursuit.End.FAILED;
    }

    /** @return whether that is news */
    private synchronized boolean ended(PublishVolume wish, boolean wantedHere, @Nullable String failure) {
        boolean here = wantedHere ? mounted : kept != null;
        ClusterVolumeObserved seen =
                new ClusterVolumeObserved(ports.parts().nodeId(), id, wish.number(), here, failure);
        boolean news = !seen.equals(outcome);
        outcome = seen;
        closed = withdrawn && kept == null;
        if (news && !withdrawn) {
            report();
        }
        return news;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Puts what it last came to into the outbox. */
    synchronized void report() {
        if (outcome != null) {
            ports.host().report("clustervolume/" + id, outcome);
        }
    }

    private void bringIn(PublishVolume wish) throws IOException {
        PublishVolume before = kept();
        if (before != null && before.number() != wish.number()) {
            // of an earlier publication, whose end this node did not hear of
            letGo();
        }
        if (stored.isThere(isBlock(wish)) && kept() != null) {
            setMounted(true);
            return;
        }
        setMounted(false);
        NodePlugin plugin = ports.parts().plugins().node(wish.driver());
        Map<String, String> secrets = VolumeSecrets.open(ports.parts().values(), wish.secrets());
        stored.keep(wish);
        keep(wish);
        if (plugin.stages()) {
            plugin.stage(wish, secrets, stored.makeStaging());
        }
        plugin.publish(wish, secrets, stored.staging(), stored.published());
        if (!stored.isThere(isBlock(wish))) {
            throw new VolumeFailure("CSI plugin " + wish.driver() + " says that the volume is there, but "
                    + (isBlock(wish) ? "there is no block device at " : "nothing is mounted at ") + stored.published()
                    + ": a plugin in a container needs the folder with bind-propagation=rshared");
        }
        setMounted(true);
    }

    /** Nothing is asked of the plugin when nothing was before. */
    private void letGo() throws IOException {
        PublishVolume before = endUse();
        if (before == null) {
            return;
        }
        NodePlugin plugin = ports.parts().plugins().node(before.driver());
        String volumeId = before.info().volumeId();
        plugin.unpublish(volumeId, stored.published());
        if (stored.isStaged()) {
            plugin.unstage(volumeId, stored.staging());
        }
        stored.forget();
        keep(null);
    }

    /** From here on no task gets it. */
    private synchronized @Nullable PublishVolume endUse() throws InUse {
        if (!holders.isEmpty()) {
            throw new InUse("it is still used by task " + String.join(", ", holders));
        }
        mounted = false;
        return kept;
    }

    private synchronized @Nullable PublishVolume kept() {
        return kept;
    }

    private synchronized void keep(@Nullable PublishVolume volume) {
        kept = volume;
    }

    private synchronized void setMounted(boolean there) {
        mounted = there;
    }

    private static boolean isBlock(PublishVolume volume) {
        return volume.accessMode().blockVolume() != null;
    }
}
