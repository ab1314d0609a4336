/** The edge to HTTP: request scope, versioned paths, error bodies, what is not built yet. */
@NullMarked
package io.flotilla.gateway.http;

import org.jspecify.annotations.NullMarked;
