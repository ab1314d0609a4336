/** The leader's event thread and what connects it to the log, the bus and its callers. */
@NullMarked
package io.flotilla.manager.control;

import org.jspecify.annotations.NullMarked;
