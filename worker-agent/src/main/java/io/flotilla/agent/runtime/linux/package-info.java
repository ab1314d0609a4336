/** Containers by raw Linux system calls. Only this package and those below it may use JNA. */
@NullMarked
package io.flotilla.agent.runtime.linux;

import org.jspecify.annotations.NullMarked;
