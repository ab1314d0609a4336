/** The one application: wires roles, configuration and listeners. */
@NullMarked
package io.flotilla.app;

import org.jspecify.annotations.NullMarked;
