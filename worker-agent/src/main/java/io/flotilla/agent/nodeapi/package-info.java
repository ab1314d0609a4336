/** The gRPC service a gateway or another node calls for actions on this node. */
@NullMarked
package io.flotilla.agent.nodeapi;

import org.jspecify.annotations.NullMarked;
