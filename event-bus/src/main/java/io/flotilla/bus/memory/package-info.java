/** The bus without threads or time, for simulation. */
@NullMarked
package io.flotilla.bus.memory;

import org.jspecify.annotations.NullMarked;
