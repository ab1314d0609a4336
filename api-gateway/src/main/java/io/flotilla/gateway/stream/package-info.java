/** Answers that are written while they come into being. */
@NullMarked
package io.flotilla.gateway.stream;

import org.jspecify.annotations.NullMarked;
