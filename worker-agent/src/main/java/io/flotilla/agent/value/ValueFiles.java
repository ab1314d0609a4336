package io.flotilla.agent.value;

import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.ValueTemplate;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.value.HeldValues.HoldKey;
import io.flotilla.bus.assignment.Assignment.HoldValue;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.seal.UnsealException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files containers read their secrets and configs from. Each container has a tmpfs on the host that only root can look
 * into, and each file of it is mounted read-only at its target, as in dockerd: a value is in memory and in no file system
 * that is on a disk. Calls for one container are serial, on platform threads.
 */
public final class ValueFiles {
    private static final List<String> TMPFS = List.of("nosuid", "nodev", "noexec", "mode=0700");
    private static final List<String> BIND = List.of("bind", "rprivate", "ro", "nosuid", "nodev", "noexec");

    private final HeldValues values;
    private final NodeIdentity node;
    private final Path folder;

    /** @param folder for the mount points of the containers' file systems */
    public ValueFiles(HeldValues values, NodeIdentity node, Path folder) {
        this.values = values;
        this.node = node;
        this.folder = folder;
    }

    /** Why a task can't have its values, yet or at all. */
    public sealed interface Lack {
        String reason();

        /** It was assigned, and will come. */
        record Awaited(String reason) implements Lack {}

        record Never(String reason) implements Lack {}
    }

    /** Null when all is there. */
    public @Nullable Lack lack(RunTask task) {
        for (HoldKey needed : ValueMount.needed(task)) {
            HoldValue value = values.find(needed);
            if (value == null) {
                return new Lack.Awaited(
                        "waiting for " + needed.kind().jsonName() + " " + needed.id() + " from the managers");
            }
            if (value.value() == null) {
                return new Lack.Never(String.valueOf(value.problem()));
            }
        }
        return null;
    }

    /** All that the tasks refer to. */
    public static Set<HoldKey> needed(List<RunTask> tasks) {
        Set<HoldKey> needed = new HashSet<>();
        tasks.forEach(task -> needed.addAll(ValueMount.needed(task)));
        return needed;
    }

    /** How the container's values are mounted into it; they are not written yet. */
    public List<RuntimeSpec.Mount> mounts(String containerId, RunTask task) throws PlanRefused {
        List<RuntimeSpec.Mount> mounts = new ArrayList<>();
        for (ValueMount mount : ValueMount.of(task)) {
            String source = file(containerId, mounts.size()).toString();
            mounts.add(new RuntimeSpec.Mount(mount.path(), "bind", source, BIND));
        }
        return mounts;
    }

    /** Writes the values for a container that is about to start, over what is there. */
    public void write(String containerId, RunTask task) throws PlanRefused, IOException {
        List<ValueMount> mounts = ValueMount.of(task);
        if (mounts.isEmpty()) {
            return;
        }
        remove(containerId);
        Path at = Files.createDirectories(at(containerId));
        HostMounts.mount("tmpfs", at, "tmpfs", TMPFS);
        for (int i = 0; i < mounts.size(); i++) {
            ValueMount mount = mounts.get(i);
            Path file = file(containerId, i);
            Files.write(file, content(mount, mounts, task), StandardOpenOption.CREATE_NEW);
            Files.setAttribute(file, "unix:uid", mount.uid());
            Files.setAttribute(file, "unix:gid", mount.gid());
            // last: a change of the owner takes bits away
            Files.setAttribute(file, "unix:mode", mount.mode());
        }
    }

    /** Idempotent; also of a container that has none. */
    public void remove(String containerId) throws IOException {
        Path at = at(containerId);
        if (Files.exists(at)) {
            HostMounts.unmount(at);
            Files.deleteIfExists(at);
        }
    }

    /** IDs of all containers there is something of. */
    public Set<String> known() throws IOException {
        Set<String> known = new HashSet<>();
        if (Files.exists(folder)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder)) {
                folders.forEach(each -> known.add(String.valueOf(each.getFileName())));
            }
        }
        return known;
    }

    /** For an instance whose agent is gone. */
    public static void removeAll(Path folder) throws IOException {
        for (Path mounted : HostMounts.below(folder).reversed()) {
            HostMounts.unmount(mounted);
        }
    }

    private byte[] content(ValueMount mount, List<ValueMount> all, RunTask task) throws PlanRefused {
        HoldValue held = held(mount.value());
        byte[] value = open(held);
        return held.templated()
                ? ValueTemplate.expand(value, task, node, (kind, name) -> {
                    for (ValueMount other : all) {
                        if (other.value().kind() == kind && other.name().equals(name)) {
                            return open(held(other.value()));
                        }
                    }
                    throw new PlanRefused(
                            "expanding template failed: " + kind.jsonName() + " target " + name + " not found");
                })
                : value;
    }

    private HoldValue held(HoldKey wanted) throws PlanRefused {
        HoldValue value = values.find(wanted);
        if (value == null) {
            throw new PlanRefused(wanted.kind().jsonName() + " " + wanted.id() + " was taken back");
        }
        return value;
    }

    private byte[] open(HoldValue value) throws PlanRefused {
        try {
            return values.open(value);
        } catch (UnsealException e) {
            throw new PlanRefused(value.kind().jsonName() + " " + value.name() + ": " + e.getMessage());
        }
    }

    private Path at(String containerId) {
        return folder.resolve(containerId);
    }

    private Path file(String containerId, int position) {
        return at(containerId).resolve(Integer.toString(position));
    }
}
