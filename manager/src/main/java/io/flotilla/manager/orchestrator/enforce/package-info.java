/** Gives up tasks whose node no longer fits them, or is gone. */
@NullMarked
package io.flotilla.manager.orchestrator.enforce;

import org.jspecify.annotations.NullMarked;
