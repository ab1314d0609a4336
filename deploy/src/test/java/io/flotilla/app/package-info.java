/** What holds across the modules, and the command line. */
@NullMarked
package io.flotilla.app;

import org.jspecify.annotations.NullMarked;
