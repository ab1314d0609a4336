/** The topics, what is on them, and the port to publish and to follow. */
@NullMarked
package io.flotilla.bus.topic;

import org.jspecify.annotations.NullMarked;
