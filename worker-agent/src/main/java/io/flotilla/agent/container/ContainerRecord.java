package io.flotilla.agent.container;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.Health;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.MountPoint;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container, a task's or one of no service, from its creation to its removal: what was decided once, and what has become of it. Journaled, so
 * that a later agent process finds and keeps it.
 *
 * @param folder holds its hostname, hosts and resolv.conf files and its log
 * @param macAddress asked for; null for one of the address
 * @param ports asked for; what was given is in the attachment
 * @param stopSignal number of the signal that asks it to end
 * @param stopGraceMs from the stop signal to SIGKILL
 * @param attachment null before it was first attached, and in the host's network
 * @param startAttempted set before the process is started: from then on it may run although {@code process} is null
 * @param stopRequestedAt when the stop signal was sent because it is not wanted any more
 * @param exit null while it runs or has never run
 * @param error why it could not be started or cleaned up, empty when it could
 * @param observed how often it has been seen changed; orders the reports of it
 * @param released its kernel objects are gone (a stopped container)
 * @param paused by its user
 * @param commits how many read its files for an image now; it stands still while there is one
 * @param restarting it has ended and is to be started again in a moment
 * @param restartCount how often it was started by its restart policy since a user started it
 * @param health null without a health check, and before the first start
 */
@RecordBuilder
public record ContainerRecord(
        String id,
        String name,
        Instant created,
        String imageId,
        Path folder,
        ContainerConfig config,
        HostConfig hostConfig,
        List<MountPoint> mounts,
        RuntimeSpec spec,
        NetworkKind network,
        @Nullable String macAddress,
        List<PortMapping> ports,
        int stopSignal,
        long stopGraceMs,
        @Nullable Attachment attachment,
        boolean startAttempted,
        @Nullable RunningProcess process,
        @Nullable Instant startedAt,
        @Nullable Instant stopRequestedAt,
        @Nullable Exit exit,
        String error,
        long observed,
        boolean released,
        boolean paused,
        int commits,
        boolean restarting,
        int restartCount,
        @Nullable Health health)
        implements ContainerRecordBuilder.With {

    /** Its process was started, as far as is known, and has not ended. */
    @JsonIgnore
    public boolean live() {
        return startAttempted && exit == null;
    }

    /** Its process was seen running and has not ended. */
    @JsonIgnore
    public boolean running() {
        return live() && process != null;
    }

    /** Its processes stand still. */
    @JsonIgnore
    public boolean frozen() {
        return paused || commits > 0;
    }

    @JsonIgnore
    public Path logFile() {
        return folder.resolve(id + "-json.log");
    }

    @JsonIgnore
    public Path hostnameFile() {
        return folder.resolve("hostname");
    }

    @JsonIgnore
    public Path hostsFile() {
        return folder.resolve("hosts");
    }

    @JsonIgnore
    public Path resolvConfFile() {
        return folder.resolve("resolv.conf");
    }
}
