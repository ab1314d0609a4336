/**
 * What keeps the tasks of every service as its spec wants them. Here what the orchestrators share: slots, revisions of the
 * spec, restart rules; each orchestrator is a sub-package. Task states only increase; desired states are set here alone.
 */
@NullMarked
package io.flotilla.manager.orchestrator;

import org.jspecify.annotations.NullMarked;
