package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Instance;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.linux.nft.Nftables;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Counting on the real kernel, as root, in a network namespace that stands for the host. */
@ExtendWith(HostNamespace.class)
class ConnectionCountersKernelTest {
    private Instance instance;
    private BridgeNetwork network;
    private final List<Peer> peers = new ArrayList<>();

    @BeforeEach
    void openNetwork(@TempDir Path folder) throws IOException {
        instance = new Instance("nettest3", folder.resolve("data"), folder.resolve("run"));
        network = openedAgain();
    }

    @AfterEach
    void leaveNothing() throws Exception {
        for (Peer peer : peers) {
            peer.close();
        }
        network.close();
        BridgeNetwork.removeAll(instance);
    }

    private BridgeNetwork openedAgain() throws IOException {
        BridgeNetwork opened = new BridgeNetwork(instance, BridgeConfig.defaults());
        opened.open();
        return opened;
    }

    private InetAddress serve(String name, PortMapping... ports) throws Exception {
        Attachment attachment = network.attach(name, null, List.of(ports));
        Peer peer = new Peer(attachment.namespace());
        peers.add(peer);
        peer.serveTcp(80, name);
        peer.serveUdp(53, name);
        return Objects.requireNonNull(attachment.address());
    }

    private void publish(InetAddress... backends) throws IOException {
        assertThat(network.publish(Set.of(new IngressPort(Protocol.TCP, 9000, 80, List.of(backends)))))
                .isEmpty();
    }

    private static void connect(int port, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            Peer.fetchHere("127.0.0.1", port);
        }
    }

    private boolean counts() throws IOException {
        try (Nftables nftables = Nftables.open()) {
            return nftables.list("ip", instance.connectionsTable()).isPresent();
        }
    }

    @Test
    void eachConnectionToAPublishedPortCountsOnceForTheContainerThatGetsIt() throws Exception {
        InetAddress a = serve("a");
        InetAddress b =
                serve("b", new PortMapping(Protocol.TCP, 80, "", 8080), new PortMapping(Protocol.UDP, 53, "", 53));
        publish(a, b);
        assertThat(network.connections(Set.of("a", "b", "gone"))).isEqualTo(Map.of("a", 0L, "b", 0L));

        connect(9000, 6);
        connect(8080, 2);
        try (DatagramSocket client = new DatagramSocket()) {
            for (int i = 0; i < 3; i++) {
                Peer.askHere(client, "127.0.0.1", 53);
            }
        }
        Peer.fetchHere(a.getHostAddress(), 80);

        assertThat(network.connections(Set.of("a", "b")))
                .as("in turn, in host mode, a flow of datagrams once, and not past the published ports")
                .isEqualTo(Map.of("a", 3L, "b", 6L));
    }

    @Test
    void noCountIsLostWhenPortsAndBackendsChangeOrTheAgentRestarts() throws Exception {
        InetAddress a = serve("a");
        publish(a);
        network.connections(Set.of("a"));
        connect(9000, 2);
        InetAddress b = serve("b");
        publish(a, b);
        connect(9000, 2);
        assertThat(network.connections(Set.of("a", "b"))).isEqualTo(Map.of("a", 3L, "b", 0L));
        network.close();
        network = openedAgain();
        connect(9000, 2);
        network.audit();

        assertThat(network.connections(Set.of("a", "b"))).isEqualTo(Map.of("a", 4L, "b", 1L));
    }

    @Test
    void countersThatSomebodyRemovedBeginAnew() throws Exception {
        publish(serve("a"));
        network.connections(Set.of("a"));
        connect(9000, 2);
        try (Nftables nftables = Nftables.open()) {
            nftables.apply("flush chain ip " + instance.connectionsTable() + " postrouting\n");
        }
        connect(9000, 2);
        assertThat(network.connections(Set.of("a"))).isEqualTo(Map.of("a", 0L));
        connect(9000, 2);

        assertThat(network.connections(Set.of("a"))).isEqualTo(Map.of("a", 2L));
    }

    @Test
    void nothingIsCountedForNobody() throws Exception {
        publish(serve("a"));
        network.connections(Set.of("a"));
        assertThat(counts()).isTrue();
        network.close();
        network = openedAgain();
        network.connections(Set.of());

        assertThat(counts()).isFalse();
        network.connections(Set.of("a"));
        network.close();
        BridgeNetwork.removeAll(instance);
        assertThat(counts()).isFalse();
        network = openedAgain();
    }
}
