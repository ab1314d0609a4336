/** Replaces the tasks of an updated service, a few at a time. */
@NullMarked
package io.flotilla.manager.orchestrator.update;

import org.jspecify.annotations.NullMarked;
