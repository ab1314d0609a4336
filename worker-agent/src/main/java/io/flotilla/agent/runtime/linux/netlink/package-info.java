/** The kernel's network objects by netlink(7): links, addresses, routes, namespaces, connection tracking. */
@NullMarked
package io.flotilla.agent.runtime.linux.netlink;

import org.jspecify.annotations.NullMarked;
