/** Raw system calls: libc by JNA for the agent itself, and tables of calls for a child that has no libc. */
@NullMarked
package io.flotilla.agent.runtime.linux.syscall;

import org.jspecify.annotations.NullMarked;
