/** Ping, version, info, disk usage. */
@NullMarked
package io.flotilla.gateway.system;

import org.jspecify.annotations.NullMarked;
