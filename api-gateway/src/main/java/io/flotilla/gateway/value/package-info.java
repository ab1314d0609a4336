/** What secrets and configs have in common for clients. */
@NullMarked
package io.flotilla.gateway.value;

import org.jspecify.annotations.NullMarked;
