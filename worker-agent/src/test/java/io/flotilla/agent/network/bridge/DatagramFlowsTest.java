package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.Protocol;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DatagramFlowsTest {
    private static final InetAddress A = InetAddress.ofLiteral("172.17.0.2");
    private static final InetAddress B = InetAddress.ofLiteral("172.17.0.3");

    private static IngressPort udp(int port, InetAddress... backends) {
        return new IngressPort(Protocol.UDP, port, 53, List.of(backends));
    }

    @Test
    void onlyBackendsThatAPortLostAreGone() {
        assertThat(DatagramFlows.gone(List.of(udp(53, A, B), udp(54, A)), List.of(udp(53, B), udp(54, A, B))))
                .isEqualTo(Map.of(53, Set.of(A)));
        assertThat(DatagramFlows.gone(List.of(udp(53, A)), List.of())).isEqualTo(Map.of(53, Set.of(A)));
    }

    @Test
    void connectionsAreLeftToEndByThemselves() {
        assertThat(DatagramFlows.gone(List.of(new IngressPort(Protocol.TCP, 80, 80, List.of(A))), List.of()))
                .isEmpty();
    }
}
