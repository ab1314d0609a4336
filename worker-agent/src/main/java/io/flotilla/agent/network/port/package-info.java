/** Host ports that are published: taken by a socket of ours, so that two can't have one. */
@NullMarked
package io.flotilla.agent.network.port;

import org.jspecify.annotations.NullMarked;
