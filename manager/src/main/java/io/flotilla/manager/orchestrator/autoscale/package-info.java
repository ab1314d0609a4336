/** Sets replicas by what the tasks of a service use. */
@NullMarked
package io.flotilla.manager.orchestrator.autoscale;

import org.jspecify.annotations.NullMarked;
