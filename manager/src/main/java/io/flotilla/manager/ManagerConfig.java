package io.flotilla.manager;

import io.flotilla.manager.raft.Member;
import java.nio.file.Path;
import java.util.List;

/**
 * How a manager runs.
 *
 * @param nodeId of the node this manager is on; also its identity among the managers
 * @param groupId names the installation; managers of another one are refused
 * @param dataDir owned by the manager
 * @param managers all that found the installation, this one included; only looked at on the first start
 */
public record ManagerConfig(String nodeId, String groupId, Path dataDir, List<Peer> managers) {

    /**
     * @param raftAddress host:port the other managers reach its log at
     * @param controlAddress gRPC target of its Control service
     */
    public record Peer(String nodeId, String raftAddress, String controlAddress) {
        Member member() {
            return new Member(nodeId, raftAddress);
        }
    }

    public ManagerConfig {
        managers = List.copyOf(managers);
    }

    Peer self() {
        return managers.stream()
                .filter(peer -> peer.nodeId().equals(nodeId))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("manager " + nodeId + " is not among " + managers));
    }
}
