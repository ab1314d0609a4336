/** Containers as processes: the port the reconciler drives, whatever runs them underneath. */
@NullMarked
package io.flotilla.agent.runtime;

import org.jspecify.annotations.NullMarked;
