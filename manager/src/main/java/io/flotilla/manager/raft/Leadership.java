package io.flotilla.manager.raft;

import org.jspecify.annotations.Nullable;

/**
 * Who leads, as one member sees it.
 *
 * @param term Raft term; never falls from one notification to the next
 * @param leader null while none is known
 * @param self this member leads and has applied everything committed in earlier terms
 */
public record Leadership(long term, @Nullable Member leader, boolean self) {}
