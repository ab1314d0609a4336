/** The control plane: one log of truth, decided in the core, acted on at the edges. */
@NullMarked
package io.flotilla.manager;

import org.jspecify.annotations.NullMarked;
