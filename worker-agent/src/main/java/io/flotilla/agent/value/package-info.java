/** The secrets and configs a node was given: kept sealed, opened into memory for the containers that use them. */
@NullMarked
package io.flotilla.agent.value;

import org.jspecify.annotations.NullMarked;
