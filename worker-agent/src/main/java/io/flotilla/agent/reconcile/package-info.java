/** Wanted against seen, one step at a time per task. */
@NullMarked
package io.flotilla.agent.reconcile;

import org.jspecify.annotations.NullMarked;
