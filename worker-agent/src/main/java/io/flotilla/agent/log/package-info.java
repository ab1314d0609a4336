/** What containers write to stdout and stderr: kept, rotated, read back and followed. */
@NullMarked
package io.flotilla.agent.log;

import org.jspecify.annotations.NullMarked;
