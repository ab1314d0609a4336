/** Values that only those they are for can read: sealed for the managers' store, and for one node. */
@NullMarked
package io.flotilla.bus.seal;

import org.jspecify.annotations.NullMarked;
