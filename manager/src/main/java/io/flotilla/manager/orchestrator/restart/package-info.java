/** Replaces tasks that ended, or whose node can't be used any more. */
@NullMarked
package io.flotilla.manager.orchestrator.restart;

import org.jspecify.annotations.NullMarked;
