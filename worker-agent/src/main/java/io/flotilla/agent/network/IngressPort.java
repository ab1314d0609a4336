package io.flotilla.agent.network;

import java.net.InetAddress;
import java.util.List;

/** A service's published port and the addresses of its running tasks' containers. */
public record IngressPort(Protocol protocol, int publishedPort, int targetPort, List<InetAddress> backends) {}
