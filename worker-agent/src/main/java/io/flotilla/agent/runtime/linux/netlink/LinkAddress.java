package io.flotilla.agent.runtime.linux.netlink;

import java.net.InetAddress;

/** An address of a link. */
public record LinkAddress(int linkIndex, InetAddress address, int prefixLength) {}
