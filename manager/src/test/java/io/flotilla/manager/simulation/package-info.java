/**
 * The whole control plane in one thread and virtual time: real controllers, control loops, state, intake and dispatch; Raft,
 * bus, clocks, ids and agents simulated. One seed decides everything, so a failure is replayed by its number.
 */
@NullMarked
package io.flotilla.manager.simulation;

import org.jspecify.annotations.NullMarked;
