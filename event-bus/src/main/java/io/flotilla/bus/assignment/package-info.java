/** A node's share of the desired state, as it stands on flotilla.assignments. */
@NullMarked
package io.flotilla.bus.assignment;

import org.jspecify.annotations.NullMarked;
