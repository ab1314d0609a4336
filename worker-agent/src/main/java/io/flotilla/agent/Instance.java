package io.flotilla.agent;

import java.nio.file.Path;

/**
 * Which Flotilla of this host an object of the kernel belongs to. Several live on one host, each with a data folder and a
 * name of its own; whatever one makes in the kernel bears its name, so that it can be found again and removed by name.
 *
 * @param name at most eight of a-z and 0-9: link names have 15 bytes
 * @param dataDir survives a reboot: images, journal, logs
 * @param runDir on a tmpfs, gone after a reboot: FIFOs, namespaces, sockets
 */
public record Instance(String name, Path dataDir, Path runDir) {

    public Instance {
        if (!name.matches("[a-z0-9]{1,8}")) {
            throw new IllegalArgumentException("instance name " + name + " is not one to eight of a-z and 0-9");
        }
    }

    /** The cgroup all containers of the instance are in, relative to each hierarchy's root. */
    public String cgroup() {
        return "flotilla-" + name;
    }

    /** The nftables table of the instance, in each family it uses. */
    public String nftablesTable() {
        return "flotilla_" + name;
    }

    /** Of its own, for it outlives each replacement of {@link #nftablesTable}. */
    public String connectionsTable() {
        return nftablesTable() + "_connections";
    }

    /** The bridge of the default network. */
    public String bridge() {
        return "fl-" + name;
    }
}
