package io.flotilla.agent.network;

/** @param hostAddress to listen on, empty for every address; hostPort 0 takes a free one of the ephemeral range */
public record PortMapping(Protocol protocol, int containerPort, String hostAddress, int hostPort) {}
