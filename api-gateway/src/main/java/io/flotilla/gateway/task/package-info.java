/** Tasks. */
@NullMarked
package io.flotilla.gateway.task;

import org.jspecify.annotations.NullMarked;
