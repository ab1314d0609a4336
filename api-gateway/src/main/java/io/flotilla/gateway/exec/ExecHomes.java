package io.flotilla.gateway.exec;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which node an exec is on. What this gateway made it remembers, the last {@value #MAX_REMEMBERED}; of others it asks the
 * nodes. Safe for any thread.
 */
@Singleton
class ExecHomes {
    private static final int MAX_REMEMBERED = 4096;

    private final Gateway gateway;
    private final Map<String, String> nodeIds = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    @Inject
    ExecHomes(Gateway gateway) {
        this.gateway = gateway;
    }

    synchronized void remember(String execId, Node node) {
        nodeIds.put(execId, node.id());
    }

    /** An exec, the node it is on, and what that says of it. */
    record Located(Node node, JsonNode inspect) {}

    /** @throws ApiException 404 when no node that answers knows it */
    Located find(String execId) {
        Optional<Node> remembered = gateway.image().node(remembered(execId));
        Optional<Located> found = remembered.flatMap(node -> ask(node, execId));
        if (found.isPresent()) {
            return found.get();
        }
        if (remembered.isEmpty()) {
            for (Node node : gateway.image().nodes()) {
                Optional<Located> there = node.agentAddress() == null ? Optional.empty() : ask(node, execId);
                if (there.isPresent()) {
                    remember(execId, node);
                    return there.get();
                }
            }
        }
        throw ApiException.notFound("No such exec instance: " + execId);
    }

    private synchronized String remembered(String execId) {
        return nodeIds.getOrDefault(execId, "");
    }

    /** Empty when the node does not know it, or does not answer and so cannot be asked. */
    private Optional<Located> ask(Node node, String execId) {
        try {
            byte[] inspect = gateway.containers().inspectExec(node, execId);
            return Optional.of(new Located(node, Codec.JSON.mapper().readTree(inspect)));
        } catch (ApiException e) {
            if (e.status() == 404 || e.status() == 503) {
                return Optional.empty();
            }
            throw e;
        } catch (IOException e) {
            throw new ApiException(500, "cannot read what a node says of exec " + execId + ": " + e.getMessage(), e);
        }
    }
}
