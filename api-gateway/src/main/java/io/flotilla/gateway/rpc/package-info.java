/** The gateway's clients of managers and nodes, and gRPC behind them. */
@NullMarked
package io.flotilla.gateway.rpc;

import org.jspecify.annotations.NullMarked;
