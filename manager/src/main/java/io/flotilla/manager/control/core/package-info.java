/**
 * What the manager decides: commands, reports and control loops in, one batch out. Pure: no clock, thread, random source or
 * I/O, so that a simulator drives it step by step.
 */
@NullMarked
package io.flotilla.manager.control.core;

import org.jspecify.annotations.NullMarked;
