/** Gives services and tasks the cluster-wide resources they ask for: published ports. Owns the step from NEW to PENDING. */
@NullMarked
package io.flotilla.manager.allocator;

import org.jspecify.annotations.NullMarked;
