/** What managers, agents and gateways share: they meet here and nowhere else. */
@NullMarked
package io.flotilla.bus;

import org.jspecify.annotations.NullMarked;
