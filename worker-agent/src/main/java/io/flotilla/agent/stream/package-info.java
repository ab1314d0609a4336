/** What a container writes and reads: its log, the clients attached to it, and their way to its standard input. */
@NullMarked
package io.flotilla.agent.stream;

import org.jspecify.annotations.NullMarked;
