package io.flotilla.agent.container;

/** @param hostname the node's name @param architecture as uname(2) tells it, such as x86_64 */
public record NodeIdentity(String id, String hostname, String architecture) {}
