/** What a gateway asks the managers to change, and their answers. */
@NullMarked
package io.flotilla.bus.command;

import org.jspecify.annotations.NullMarked;
