/** Bodies of NodeService answers that are not Docker's own. */
@NullMarked
package io.flotilla.bus.node;

import org.jspecify.annotations.NullMarked;
