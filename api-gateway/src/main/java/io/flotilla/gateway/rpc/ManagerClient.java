package io.flotilla.gateway.rpc;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;

/** The way to the managers. Blocks; safe for many virtual threads. */
public interface ManagerClient extends AutoCloseable {
    /**
     * Runs a command on the leader, whoever that is.
     *
     * @throws io.flotilla.gateway.error.ApiException 503 when no leader answered in time; the message says whether the
     *     command may have been committed nevertheless
     */
    Reply execute(Command command);

    @Override
    void close();
}
