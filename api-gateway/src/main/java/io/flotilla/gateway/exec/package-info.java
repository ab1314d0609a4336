/** Processes that are run in containers beside their own. */
@NullMarked
package io.flotilla.gateway.exec;

import org.jspecify.annotations.NullMarked;
