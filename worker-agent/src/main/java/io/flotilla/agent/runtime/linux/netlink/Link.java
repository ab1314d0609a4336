package io.flotilla.agent.runtime.linux.netlink;

/**
 * A network interface.
 *
 * @param kind such as {@code bridge} or {@code veth}; empty for hardware and loopback
 * @param masterIndex of the bridge it is a port of, 0 for none
 * @param mac in lower-case hex with colons, empty where it has none
 * @param alias free text a link was given, empty for none
 */
public record Link(
        int index, String name, String kind, int masterIndex, boolean up, int mtuBytes, String mac, String alias) {}
