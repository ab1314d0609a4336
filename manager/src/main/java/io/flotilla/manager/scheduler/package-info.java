/** Chooses the node of every task, or says why there is none. Owns the step from PENDING to ASSIGNED. */
@NullMarked
package io.flotilla.manager.scheduler;

import org.jspecify.annotations.NullMarked;
