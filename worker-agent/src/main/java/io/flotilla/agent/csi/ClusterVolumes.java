package io.flotilla.agent.csi;

import io.flotilla.agent.container.ClusterMount;
import io.flotilla.agent.csi.plugin.CsiPlugins;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.bus.assignment.Assignment.ControlVolume;
import io.flotilla.bus.assignment.Assignment.PublishVolume;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.VolumeAttachment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The cluster volumes this node has to do with: those published to it, which its tasks hold and mount, and those whose
 * plugin it asks for the cluster. At most as many as it has assignments. Safe for any thread; no call waits for a plugin.
 */
public final class ClusterVolumes {
    private static final Logger LOG = Logger.getLogger(ClusterVolumes.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final String PLUGINS = "plugins";
    private static final String VOLUMES = "volumes";

    private final Parts parts;
    private final Map<String, NodeVolume> volumes = new ConcurrentHashMap<>();
    private final Map<String, ControlCall> calls = new ConcurrentHashMap<>();
    private @Nullable Host host;

    /**
     * What they stand on.
     *
     * @param folder of plugins and volumes, the same path in the containers of plugins
     * @param onBug told of what should never happen
     */
    public record Parts(String nodeId, Path folder, CsiPlugins plugins, HeldValues values, Consumer<Throwable> onBug) {
        Path volumes() {
            return folder.resolve(VOLUMES);
        }
    }

    /** Who the volumes are for. Called by threads of the volumes, which it does not keep waiting. */
    public interface Host {
        /** @param about what the report is a level of */
        void report(String about, Report report);

        /** Whether managers may be taken to hear this node. If not they may have asked another one in its place. */
        boolean isHeard();

        /** What tasks wait for may be there now, or the reason is another. */
        void volumeChanged();
    }

    public ClusterVolumes(Parts parts) {
        this.parts = parts;
    }

    /** Where the plugins' folders are. @param folder of plugins and volumes */
    public static Path plugins(Path folder) {
        return folder.resolve(PLUGINS);
    }

    /** Makes the folders, and goes on with what earlier agent processes had; once. */
    public void start(Host of) throws IOException {
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(parts.folder(), owner);
        Files.createDirectories(plugins(parts.folder()), owner);
        Files.createDirectories(parts.volumes(), owner);
        host = of;
        for (PublishVolume kept : StoredVolume.readAll(parts.volumes())) {
            NodeVolume volume = new NodeVolume(ports(), kept, kept);
            volumes.put(kept.id(), volume);
        }
    }

    /** After {@link #start} and every {@link #adopt}: from here on plugins are asked. */
    public void begin() {
        volumes.values().forEach(volume -> volume.pursuit().start());
    }

    private Host host() {
        return Objects.requireNonNull(host, "not started");
    }

    private NodeVolume.Ports ports() {
        return new NodeVolume.Ports(parts, host(), volume -> volumes.remove(volume.id(), volume));
    }

    public void take(PublishVolume wanted) {
        NodeVolume fresh = new NodeVolume(ports(), wanted, null);
        NodeVolume volume = Objects.requireNonNull(
                volumes.compute(wanted.id(), (id, known) -> known != null && known.want(wanted) ? known : fresh));
        if (volume == fresh) {
            volume.pursuit().start();
        }
    }

    public void take(ControlVolume wanted) {
        ControlCall fresh = new ControlCall(parts, host(), wanted, call -> calls.remove(call.id(), call));
        ControlCall call = Objects.requireNonNull(
                calls.compute(wanted.id(), (id, known) -> known != null && known.want(wanted) ? known : fresh));
        if (call == fresh) {
            call.pursuit().start();
        }
    }

    /** The volume is not this node's any more. No error when it never was. */
    public void withdrawVolume(String volumeId) {
        NodeVolume volume = volumes.get(volumeId);
        if (volume != null) {
            volume.withdraw();
        }
    }

    /** All that is assigned has been taken. */
    public void withdrawUnassigned() {
        volumes.values().forEach(NodeVolume::withdrawUnlessAssigned);
    }

    /** The call is not wanted any more; one under way ends without anybody hearing of it. */
    public void withdrawCall(String volumeId) {
        ControlCall call = calls.get(volumeId);
        if (call != null) {
            call.withdraw();
        }
    }

    /** What failed for want of a plugin may go now. */
    public void pluginsChanged() {
        volumes.values().forEach(volume -> volume.pursuit().look());
        calls.values().forEach(call -> call.pursuit().look());
    }

    /** Everything about them, again, and on with the calls that were held back: the node is heard again. */
    public void reportAll() {
        volumes.values().forEach(NodeVolume::report);
        calls.values().forEach(call -> {
            call.report();
            call.pursuit().look();
        });
    }

    // ---- for tasks

    /** What a task waits for, in words for users; null when all its volumes are there. */
    public @Nullable String lack(List<VolumeAttachment> attachments) {
        for (VolumeAttachment attachment : attachments) {
            NodeVolume volume = volumes.get(attachment.id());
            String lack = volume == null ? "the managers have yet to publish it to this node" : volume.lack();
            if (lack != null) {
                return "waiting for volume " + attachment.source() + ": " + lack;
            }
        }
        return null;
    }

    /**
     * The volumes, which stay until the task releases them.
     *
     * @return one for each attachment; empty when one of them is not there, see {@link #lack}
     */
    public List<ClusterMount> hold(String taskId, List<VolumeAttachment> attachments) {
        List<ClusterMount> mounts = new ArrayList<>();
        for (VolumeAttachment attachment : attachments) {
            NodeVolume volume = volumes.get(attachment.id());
            ClusterMount mount = volume == null ? null : volume.hold(taskId, attachment);
            if (mount == null) {
                release(taskId);
                return List.of();
            }
            mounts.add(mount);
        }
        return mounts;
    }

    /** Between {@link #start} and {@link #begin}: a task has had them since an earlier agent process. */
    public void adopt(String taskId, List<VolumeAttachment> attachments) {
        for (VolumeAttachment attachment : attachments) {
            NodeVolume volume = volumes.get(attachment.id());
            if (volume != null) {
                volume.adopt(taskId);
            }
        }
    }

    /** All the task holds. */
    public void release(String taskId) {
        volumes.values().forEach(volume -> volume.release(taskId));
    }

    /** Ends the work on them; what is mounted stays, and the next agent goes on. */
    public void close() {
        List<Pursuit> pursuits = new ArrayList<>();
        volumes.values().forEach(volume -> pursuits.add(volume.pursuit()));
        calls.values().forEach(call -> pursuits.add(call.pursuit()));
        pursuits.forEach(Pursuit::interrupt);
        for (Pursuit pursuit : pursuits) {
            try {
                pursuit.awaitEnd(CLOSE_TIMEOUT);
            } catch (IOException late) {
                LOG.warn(late.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** For an instance whose agent is gone: unmounts what plugins have mounted. Content and plugins are left as they are. */
    public static void unmountAll(Path folder) throws IOException {
        for (Path mounted : HostMounts.below(folder.resolve(VOLUMES)).reversed()) {
            HostMounts.unmount(mounted);
        }
    }
}
