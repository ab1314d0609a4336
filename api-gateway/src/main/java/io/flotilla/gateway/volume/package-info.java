/** Volumes: each is its node's, under one name for the whole cluster. */
@NullMarked
package io.flotilla.gateway.volume;

import org.jspecify.annotations.NullMarked;
