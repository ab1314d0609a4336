/** Nodes. */
@NullMarked
package io.flotilla.gateway.node;

import org.jspecify.annotations.NullMarked;
