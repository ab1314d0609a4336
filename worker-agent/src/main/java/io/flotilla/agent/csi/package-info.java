/** Cluster volumes on this node: mounted for its tasks, and made and published for the cluster, by CSI plugins. */
@NullMarked
package io.flotilla.agent.csi;

import org.jspecify.annotations.NullMarked;
