package io.flotilla.agent.container;

import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Namespaces of other containers a container is to be started in, as they are at that moment. */
public final class Joins {
    private Joins() {}

    /** @throws PlanRefused when a donor does not run or does not share, in dockerd's words */
    public static ContainerRecord joined(ContainerRecord container, Neighbours neighbours) throws PlanRefused {
        ContainerRecord joined = container;
        Optional<String> network = NamespaceRules.donor(container.hostConfig().networkMode());
        if (network.isPresent()) {
            joined = inNetworkOf(joined, running("network", network.get(), neighbours));
        }
        Optional<String> pid = NamespaceRules.donor(container.hostConfig().pidMode());
        if (pid.isPresent()) {
            joined = in(joined, NamespaceType.PID, running("PID", pid.get(), neighbours), "pid");
        }
        Optional<String> ipc = NamespaceRules.donor(container.hostConfig().ipcMode());
        if (ipc.isPresent()) {
            ContainerRecord donor = running("IPC", ipc.get(), neighbours);
            if (!"shareable".equals(donor.hostConfig().ipcMode())) {
                throw new PlanRefused("cannot join IPC of container " + donor.id()
                        + ": non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
            }
            joined = sharingMemory(in(joined, NamespaceType.IPC, donor, "ipc"), donor);
        }
        return joined;
    }

    private static ContainerRecord running(String what, String id, Neighbours neighbours) throws PlanRefused {
        ContainerRecord donor = neighbours.find(id).orElseThrow(() -> new PlanRefused("No such container: " + id));
        if (donor.restarting()) {
            throw new PlanRefused("cannot join " + what + " of a restarting container: " + donor.id());
        }
        if (!donor.running()) {
            throw new PlanRefused("cannot join " + what + " of a non running container: " + donor.id());
        }
        return donor;
    }

    /** The namespace, with the host name and the files that tell of it. */
    private static ContainerRecord inNetworkOf(ContainerRecord container, ContainerRecord donor) {
        ContainerRecord joined =
                donor.network() == NetworkKind.HOST ? container : in(container, NamespaceType.NETWORK, donor, "net");
        RuntimeSpec spec = joined.spec();
        List<RuntimeSpec.Mount> mounts = new ArrayList<>();
        for (RuntimeSpec.Mount mount : spec.mounts()) {
            mounts.add(
                    switch (mount.destination()) {
                        case "/etc/hosts" -> from(mount, donor.hostsFile());
                        case "/etc/hostname" -> from(mount, donor.hostnameFile());
                        case "/etc/resolv.conf" -> from(mount, donor.resolvConfFile());
                        default -> mount;
                    });
        }
        return joined.withSpec(spec.withMounts(mounts).withHostname(donor.spec().hostname()));
    }

    private static RuntimeSpec.Mount from(RuntimeSpec.Mount mount, Path file) {
        boolean own = mount.source().endsWith(String.valueOf(file.getFileName()));
        return own ? new RuntimeSpec.Mount(mount.destination(), mount.type(), file.toString(), mount.options()) : mount;
    }

    /** POSIX shared memory goes by /dev/shm, which is a mount and not of the IPC namespace: shm_overview(7). */
    private static ContainerRecord sharingMemory(ContainerRecord container, ContainerRecord donor) {
        RuntimeSpec spec = container.spec();
        List<RuntimeSpec.Mount> mounts = new ArrayList<>();
        for (RuntimeSpec.Mount mount : spec.mounts()) {
            mounts.add(
                    mount.destination().equals("/dev/shm")
                            ? new RuntimeSpec.Mount(
                                    "/dev/shm",
                                    "bind",
                                    "/proc/" + pid(donor) + "/root/dev/shm",
                                    List.of("rbind", "rprivate"))
                            : mount);
        }
        return container.withSpec(spec.withMounts(mounts));
    }

    private static ContainerRecord in(
            ContainerRecord container, NamespaceType type, ContainerRecord donor, String name) {
        return container.withSpec(with(container.spec(), type, Path.of("/proc", pid(donor), "ns", name)));
    }

    /** The specification with one namespace joined, in place of the same kind before. */
    public static RuntimeSpec with(RuntimeSpec spec, NamespaceType type, Path namespace) {
        List<Namespace> namespaces = new ArrayList<>(spec.namespaces());
        namespaces.removeIf(each -> each.type() == type);
        namespaces.add(new Namespace(type, namespace));
        return spec.withNamespaces(namespaces);
    }

    private static String pid(ContainerRecord donor) {
        RunningProcess process = donor.process();
        if (process == null) {
            throw new IllegalStateException("container " + donor.id() + " runs without a process");
        }
        return Integer.toString(process.pid());
    }
}
