/** Bytes on disk: digests, compression, files replaced atomically, trees removed. */
@NullMarked
package io.flotilla.agent.image.content;

import org.jspecify.annotations.NullMarked;
