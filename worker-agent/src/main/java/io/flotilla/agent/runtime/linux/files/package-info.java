/**
 * File operations the JDK cannot do: confined path resolution, device nodes, ownership and times of symbolic links, extended
 * attributes, syncfs.
 *
 * <p>A Linux file name is bytes, not text. Names here are strings of octets: each char is one byte (ISO 8859-1), so that a name
 * in any encoding survives. {@link io.flotilla.agent.runtime.linux.files.Octets} converts.
 */
@NullMarked
package io.flotilla.agent.runtime.linux.files;

import org.jspecify.annotations.NullMarked;
