/** Services with a number of replicas. */
@NullMarked
package io.flotilla.manager.orchestrator.replicated;

import org.jspecify.annotations.NullMarked;
