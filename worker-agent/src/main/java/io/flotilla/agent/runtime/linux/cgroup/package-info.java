/** Control groups, version 1 and 2, behind one port: plain files, but for the devices of version 2. */
@NullMarked
package io.flotilla.agent.runtime.linux.cgroup;

import org.jspecify.annotations.NullMarked;
