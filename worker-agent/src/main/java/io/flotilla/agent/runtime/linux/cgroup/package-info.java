/** Control groups, version 1 and 2, behind one port; plain files, no system calls of its own. */
@NullMarked
package io.flotilla.agent.runtime.linux.cgroup;

import org.jspecify.annotations.NullMarked;
