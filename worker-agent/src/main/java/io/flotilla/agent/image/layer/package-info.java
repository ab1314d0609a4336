/** Layers: tar streams read safely, and unpacked into lower directories of overlayfs. */
@NullMarked
package io.flotilla.agent.image.layer;

import org.jspecify.annotations.NullMarked;
