/** Which nodes are alive. Pure: it is told of heartbeats and the time, and changes nodes in a turn. */
@NullMarked
package io.flotilla.manager.node;

import org.jspecify.annotations.NullMarked;
