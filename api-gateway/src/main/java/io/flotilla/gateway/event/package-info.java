/** The event stream: live, replayed and filtered. */
@NullMarked
package io.flotilla.gateway.event;

import org.jspecify.annotations.NullMarked;
