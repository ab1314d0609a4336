/** API versions and what differs between them. */
@NullMarked
package io.flotilla.gateway.version;

import org.jspecify.annotations.NullMarked;
