/** Container, task and service logs as Docker frames them. */
@NullMarked
package io.flotilla.gateway.log;

import org.jspecify.annotations.NullMarked;
