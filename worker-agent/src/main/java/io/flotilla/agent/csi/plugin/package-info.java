/** CSI plugins of this node: found, described and called, by gRPC over UNIX sockets. */
@NullMarked
package io.flotilla.agent.csi.plugin;

import org.jspecify.annotations.NullMarked;
