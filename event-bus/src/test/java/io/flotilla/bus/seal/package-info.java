@NullMarked
package io.flotilla.bus.seal;

import org.jspecify.annotations.NullMarked;
