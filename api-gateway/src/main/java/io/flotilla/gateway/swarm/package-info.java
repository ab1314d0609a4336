/** The swarm itself. */
@NullMarked
package io.flotilla.gateway.swarm;

import org.jspecify.annotations.NullMarked;
