/** The edges at which values are sealed: where commands come in, and where assignments go out. */
@NullMarked
package io.flotilla.manager.seal;

import org.jspecify.annotations.NullMarked;
