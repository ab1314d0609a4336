/** Services. */
@NullMarked
package io.flotilla.gateway.service;

import org.jspecify.annotations.NullMarked;
