/** Networks. */
@NullMarked
package io.flotilla.gateway.network;

import org.jspecify.annotations.NullMarked;
