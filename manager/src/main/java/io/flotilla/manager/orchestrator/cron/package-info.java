/** Schedules of jobs: what their labels say, and when the next time is. */
@NullMarked
package io.flotilla.manager.orchestrator.cron;

import org.jspecify.annotations.NullMarked;
