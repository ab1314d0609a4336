/** Takes room from tasks of lower priority for those that fit nowhere. */
@NullMarked
package io.flotilla.manager.orchestrator.preempt;

import org.jspecify.annotations.NullMarked;
