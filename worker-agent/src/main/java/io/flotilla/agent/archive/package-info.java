/** A container's files for those outside: what docker cp, diff, export and commit do. */
@NullMarked
package io.flotilla.agent.archive;

import org.jspecify.annotations.NullMarked;
