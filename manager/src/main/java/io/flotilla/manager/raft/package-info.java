/** The one log of truth: a narrow port, Apache Ratis behind it in production, a deterministic group in memory for simulation. */
@NullMarked
package io.flotilla.manager.raft;

import org.jspecify.annotations.NullMarked;
