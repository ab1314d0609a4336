/** Runs what services in a job mode ask for: each task to its end, as often as asked. */
@NullMarked
package io.flotilla.manager.orchestrator.job;

import org.jspecify.annotations.NullMarked;
