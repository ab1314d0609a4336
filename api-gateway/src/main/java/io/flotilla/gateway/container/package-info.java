/** Containers, most of which run tasks. */
@NullMarked
package io.flotilla.gateway.container;

import org.jspecify.annotations.NullMarked;
