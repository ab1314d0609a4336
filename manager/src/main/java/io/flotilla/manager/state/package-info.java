/** The cluster as a value, and the turns that change it. Pure: no clock, thread, random source or I/O. */
@NullMarked
package io.flotilla.manager.state;

import org.jspecify.annotations.NullMarked;
