/** Counters of containers and of the host. */
@NullMarked
package io.flotilla.agent.stats;

import org.jspecify.annotations.NullMarked;
