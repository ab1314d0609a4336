/** Why things are as they are, in words. */
@NullMarked
package io.flotilla.gateway.explain;

import org.jspecify.annotations.NullMarked;
