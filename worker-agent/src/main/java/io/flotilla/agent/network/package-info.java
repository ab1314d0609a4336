/** Network namespaces, the bridge, published ports and the service mesh of this node. */
@NullMarked
package io.flotilla.agent.network;

import org.jspecify.annotations.NullMarked;
