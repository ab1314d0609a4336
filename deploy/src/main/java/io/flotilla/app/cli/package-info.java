/** The commands of the launcher that need more than a shell. Each is one process that ends, except serve. */
@NullMarked
package io.flotilla.app.cli;

import org.jspecify.annotations.NullMarked;
