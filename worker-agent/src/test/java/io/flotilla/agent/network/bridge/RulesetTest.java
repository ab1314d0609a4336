package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.network.bridge.Ruleset.Forward;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class RulesetTest {
    private static final Inet4Address ANY = ip("0.0.0.0");
    private static final Inet4Address A = ip("172.17.0.2");
    private static final Inet4Address B = ip("172.17.0.3");

    private static Ruleset ruleset(List<Forward> forwards, List<IngressPort> ingress) {
        return new Ruleset("flotilla_x", "fl-x", Subnet.parse("172.17.0.0/16"), forwards, ingress);
    }

    @Test
    void replacesTheWholeTableAtOnce() {
        assertThat(ruleset(List.of(), List.of()).render())
                .startsWith("table ip flotilla_x\ndelete table ip flotilla_x\ntable ip flotilla_x {\n")
                .doesNotContain("elements");
    }

    @Test
    void containerPortsAreMapElements() {
        String script = ruleset(
                        List.of(
                                new Forward(Protocol.UDP, ANY, 53, A, 5353),
                                new Forward(Protocol.TCP, ANY, 8080, A, 80),
                                new Forward(Protocol.TCP, ip("127.0.0.1"), 9090, B, 90)),
                        List.of())
                .render();

        assertThat(script)
                .contains("elements = { tcp . 8080 : 172.17.0.2 . 80, udp . 53 : 172.17.0.2 . 5353 };")
                .contains("elements = { 127.0.0.1 . tcp . 9090 : 172.17.0.3 . 90 };");
    }

    @Test
    void servicePortsTakeTurnsAndThoseWithoutBackendsRefuse() {
        String script = ruleset(
                        List.of(),
                        List.of(
                                new IngressPort(Protocol.TCP, 9000, 80, List.of(B, A, B)),
                                new IngressPort(Protocol.TCP, 9001, 80, List.of())))
                .render();

        assertThat(script)
                .contains("elements = { tcp . 9000 : jump ingress_tcp_9000 };")
                .contains("numgen inc mod 2 map { 0 : 172.17.0.2 . 80, 1 : 172.17.0.3 . 80 }")
                .contains("elements = { tcp . 9001 };");
    }

    @Test
    void sameStateInAnyOrderIsTheSameText() {
        Forward first = new Forward(Protocol.TCP, ANY, 8080, A, 80);
        Forward second = new Forward(Protocol.TCP, ANY, 8081, B, 80);
        IngressPort one = new IngressPort(Protocol.TCP, 9000, 80, List.of(A, B));
        IngressPort turned = new IngressPort(Protocol.TCP, 9000, 80, List.of(B, A));
        IngressPort two = new IngressPort(Protocol.SCTP, 9000, 80, List.of(A));

        assertThat(ruleset(List.of(second, first), List.of(two, turned)).render())
                .isEqualTo(ruleset(List.of(first, second), List.of(one, two)).render());
    }

    private static Inet4Address ip(String literal) {
        return (Inet4Address) InetAddress.ofLiteral(literal);
    }
}
