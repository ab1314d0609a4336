/** A node of the cluster: makes the assignments of its node true and reports what it sees. */
@NullMarked
package io.flotilla.agent;

import org.jspecify.annotations.NullMarked;
