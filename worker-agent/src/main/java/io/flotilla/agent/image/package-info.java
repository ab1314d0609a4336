/** Images on this node: content by digest, unpacked layers, writable snapshots for containers. */
@NullMarked
package io.flotilla.agent.image;

import org.jspecify.annotations.NullMarked;
