/** What a Docker client is told when a call fails: status and wording. */
@NullMarked
package io.flotilla.gateway.error;

import org.jspecify.annotations.NullMarked;
