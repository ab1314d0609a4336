/** The Docker Engine API over the cluster. */
@NullMarked
package io.flotilla.gateway;

import org.jspecify.annotations.NullMarked;
