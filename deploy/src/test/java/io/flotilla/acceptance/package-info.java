/**
 * Flotilla as its users meet it: the launcher, the stock docker client, a port on the machine. Needs root, network
 * namespaces and a docker client, and fails without them.
 */
@NullMarked
package io.flotilla.acceptance;

import org.jspecify.annotations.NullMarked;
