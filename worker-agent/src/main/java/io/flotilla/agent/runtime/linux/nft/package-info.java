/** Packet filtering and address translation through libnftables(3). */
@NullMarked
package io.flotilla.agent.runtime.linux.nft;

import org.jspecify.annotations.NullMarked;
