/** The node's volumes: made, mounted, filled on first use, removed; the local driver, and Docker's volume plugins. */
@NullMarked
package io.flotilla.agent.volume;

import org.jspecify.annotations.NullMarked;
