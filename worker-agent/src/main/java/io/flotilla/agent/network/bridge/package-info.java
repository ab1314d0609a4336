/** The default network: one bridge a node, addresses on it, translation of what is published. */
@NullMarked
package io.flotilla.agent.network.bridge;

import org.jspecify.annotations.NullMarked;
