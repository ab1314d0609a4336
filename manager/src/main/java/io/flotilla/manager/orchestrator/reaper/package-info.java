/** Forgets tasks and revisions nobody needs any more. */
@NullMarked
package io.flotilla.manager.orchestrator.reaper;

import org.jspecify.annotations.NullMarked;
