package io.flotilla.manager.seal;

import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.seal.NodeSeal;
import io.flotilla.bus.seal.SealedToNode;
import io.flotilla.bus.seal.UnsealException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where assignments go out: makes of what is sealed for the store what is sealed for a node. The same twice for the same,
 * so that a topic can be compared with what it should show. Remembers the newest small ones: all tasks of a service on a
 * node pull with the same credentials. One thread.
 */
public final class NodeSealing {
    private static final int MAX_REMEMBERED = 1_024;
    private static final int MAX_REMEMBERED_BYTES = 8 * 1024;

    private final DataKeys keys;
    private final Map<Use, SealedToNode> remembered = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Use, SealedToNode> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    private record Use(String nodeKey, String context, Confidential.Sealed value) {}

    public NodeSealing(DataKeys keys) {
        this.keys = keys;
    }

    /** @throws UnsealException it can't be opened here, or the node's key is none; the message is for the user */
    public SealedToNode to(String nodeKey, String context, Confidential.Sealed value) throws UnsealException {
        if (value.sizeBytes() > MAX_REMEMBERED_BYTES) {
            return sealed(nodeKey, context, value);
        }
        Use use = new Use(nodeKey, context, value);
        SealedToNode known = remembered.get(use);
        if (known == null) {
            known = sealed(nodeKey, context, value);
            remembered.put(use, known);
        }
        return known;
    }

    private SealedToNode sealed(String nodeKey, String context, Confidential.Sealed value) throws UnsealException {
        return NodeSeal.seal(nodeKey, context, keys.open(context, value), keys.ephemeral(value, context, nodeKey));
    }
}
