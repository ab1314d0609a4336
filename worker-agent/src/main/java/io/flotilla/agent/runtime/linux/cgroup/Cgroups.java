package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The control groups of containers. A group is named by its path below the hierarchies' roots, such as
 * {@code flotilla-a/<container id>}. Callable on any thread; calls for one group must be serial.
 */
public sealed interface Cgroups permits CgroupsV1, CgroupsV2 {
    /**
     * Finds out what this host has mounted: version 1 wherever any controller is on it (a hybrid's version 2 hierarchy has
     * then nothing that limits), else version 2.
     */
    static Cgroups detect() throws IOException {
        return CgroupMounts.read(Files.readAllLines(Path.of("/proc/self/mountinfo")))
                .cgroups();
    }

    /** Makes the group and those above it, and sets its limits. Does nothing that already exists but the limits. */
    void create(String group, Resources resources, List<Device> devices) throws IOException;

    /** What a container may use, in the format of Docker's device cgroup rules. */
    static List<String> deviceRules(List<Device> devices, Resources resources) {
        return DeviceRule.linesFor(devices, resources.deviceRules());
    }

    /** Mount points of hierarchies that no group of ours is in, though this host has them: systemd's, a hybrid's version 2. */
    List<Path> otherHierarchies();

    /** Files of the group to write {@code 0} to for the writing process to join it. */
    List<Path> joinFiles(String group);

    /**
     * The group's own folders, by the name a container sees them under below /sys/fs/cgroup; empty name: that folder itself.
     *
     * @param ownNamespace without a cgroup namespace of its own a container sees all groups in version 2
     */
    List<View> views(String group, boolean ownNamespace);

    /** Host process ids of the group and those below it; empty when there is no such group. */
    List<Integer> processes(String group) throws IOException;

    /**
     * Sends SIGKILL to all processes of the group at once.
     *
     * @return false where the kernel can't, and each process has to be signalled
     */
    boolean killAll(String group) throws IOException;

    /**
     * Stops all processes of the group, or lets them go on; returns when they do.
     *
     * @throws IOException when this host has no freezer, or they do not stand still in time
     */
    void freeze(String group, boolean frozen) throws IOException;

    /** Whether the group was told to stand still; false when there is no such group. */
    boolean frozen(String group) throws IOException;

    /** Sets those limits that are given. */
    void update(String group, Resources resources) throws IOException;

    /** Whether the out-of-memory killer ended a process of the group. */
    boolean oomKilled(String group) throws IOException;

    /**
     * Removes the group and those below it.
     *
     * @return false when processes are still in it
     */
    boolean remove(String group) throws IOException;

    /** Counters; those the kernel does not keep are 0. */
    CgroupUsage usage(String group) throws IOException;

    boolean exists(String group);

    /** Names of the groups directly in this one. */
    List<String> children(String group) throws IOException;

    /** A folder of the group in one hierarchy. */
    record View(String name, Path folder) {}
}
