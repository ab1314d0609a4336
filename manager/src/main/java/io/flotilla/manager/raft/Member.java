package io.flotilla.manager.raft;

/**
 * A manager that takes part in the log.
 *
 * @param id the manager's node id, never reused for another manager
 * @param address host:port on which the other members reach its Raft endpoint
 */
public record Member(String id, String address) {}
