package io.flotilla.agent.network;

/** Transport protocols a port can be published for. */
public enum Protocol {
    TCP,
    UDP,
    SCTP
}
