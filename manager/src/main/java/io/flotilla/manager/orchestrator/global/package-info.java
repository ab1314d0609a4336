/** Services with one task on every node that fits. */
@NullMarked
package io.flotilla.manager.orchestrator.global;

import org.jspecify.annotations.NullMarked;
