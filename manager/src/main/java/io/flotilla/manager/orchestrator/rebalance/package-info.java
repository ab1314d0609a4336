/** Moves running tasks gently from the most to the least loaded nodes. */
@NullMarked
package io.flotilla.manager.orchestrator.rebalance;

import org.jspecify.annotations.NullMarked;
