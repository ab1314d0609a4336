/** What registries have: /distribution and /auth. */
@NullMarked
package io.flotilla.gateway.distribution;

import org.jspecify.annotations.NullMarked;
