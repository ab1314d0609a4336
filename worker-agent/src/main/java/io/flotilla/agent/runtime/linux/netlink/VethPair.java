package io.flotilla.agent.runtime.linux.netlink;

import java.nio.file.Path;

/**
 * A virtual cable with one end here and one in another namespace.
 *
 * @param name of the end that is here
 * @param masterIndex the bridge that end is made a port of, 0 for none
 * @param peerNamespace file that holds the namespace the other end is made in
 * @param peerMac hex with colons
 */
public record VethPair(
        String name, int masterIndex, int mtuBytes, Path peerNamespace, String peerName, String peerMac) {}
