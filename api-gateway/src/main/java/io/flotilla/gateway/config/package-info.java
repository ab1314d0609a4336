/** Configs. */
@NullMarked
package io.flotilla.gateway.config;

import org.jspecify.annotations.NullMarked;
