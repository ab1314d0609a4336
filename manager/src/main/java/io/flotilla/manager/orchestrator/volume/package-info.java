/** Has CSI plugins make, publish and delete cluster volumes, as tasks use them and users want them. */
@NullMarked
package io.flotilla.manager.orchestrator.volume;

import org.jspecify.annotations.NullMarked;
