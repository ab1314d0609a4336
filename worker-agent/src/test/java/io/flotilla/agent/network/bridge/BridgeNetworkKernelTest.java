package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.Instance;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.linux.netlink.Link;
import io.flotilla.agent.runtime.linux.netlink.LinkAddress;
import io.flotilla.agent.runtime.linux.netlink.NetworkNamespace;
import io.flotilla.agent.runtime.linux.netlink.Rtnetlink;
import io.flotilla.agent.runtime.linux.netlink.VethPair;
import io.flotilla.agent.runtime.linux.nft.Nftables;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** On the real kernel, as root, in a network namespace that stands for the host. */
@ExtendWith(HostNamespace.class)
class BridgeNetworkKernelTest {
    private static final String OUTSIDE_ADDRESS = "198.51.100.2";
    private static final String HOST_ADDRESS = "198.51.100.1";

    private Path folder;
    private Instance instance;
    private BridgeNetwork network;
    private final List<Peer> peers = new ArrayList<>();

    @BeforeEach
    void openNetwork(@TempDir Path temporary) throws IOException {
        folder = temporary;
        instance = new Instance("nettest1", folder.resolve("data"), folder.resolve("run"));
        network = openedAgain();
    }

    @AfterEach
    void leaveNothing() throws Exception {
        for (Peer peer : peers) {
            peer.close();
        }
        network.close();
        BridgeNetwork.removeAll(instance);
        if (Files.exists(folder.resolve("outside"))) {
            NetworkNamespace.delete(folder.resolve("outside"));
        }
    }

    private BridgeNetwork openedAgain() throws IOException {
        BridgeNetwork opened = new BridgeNetwork(instance, BridgeConfig.defaults());
        opened.open();
        return opened;
    }

    private Peer in(Attachment attachment) {
        Peer peer = new Peer(attachment.namespace());
        peers.add(peer);
        return peer;
    }

    private static String addressOf(Attachment attachment) {
        return Objects.requireNonNull(attachment.address()).getHostAddress();
    }

    /** Another machine on a cable of the host's. */
    private Peer outside() throws Exception {
        Path namespace = folder.resolve("outside");
        NetworkNamespace.create(namespace, () -> true);
        try (Rtnetlink host = Rtnetlink.open();
                Rtnetlink other = NetworkNamespace.enter(namespace, Rtnetlink::open)) {
            host.createVeth(new VethPair("uplink", 0, 1500, namespace, "eth0", "02:00:00:00:00:02"));
            host.addAddress(
                    host.link("uplink").orElseThrow().index(), (Inet4Address) InetAddress.ofLiteral(HOST_ADDRESS), 24);
            int eth0 = other.link("eth0").orElseThrow().index();
            other.addAddress(eth0, (Inet4Address) InetAddress.ofLiteral(OUTSIDE_ADDRESS), 24);
            other.setUp(eth0);
            other.addDefaultRoute(eth0, (Inet4Address) InetAddress.ofLiteral(HOST_ADDRESS));
        }
        Peer peer = new Peer(namespace);
        peers.add(peer);
        return peer;
    }

    private static PortMapping tcp(int hostPort, int containerPort) {
        return new PortMapping(Protocol.TCP, containerPort, "", hostPort);
    }

    @Test
    void containersReachEachOtherAndTheGateway() throws Exception {
        Attachment a = network.attach("a", null, List.of());
        Attachment b = network.attach("b", null, List.of());
        in(b).serveTcp(80, "b");

        assertThat(addressOf(a)).isEqualTo("172.17.0.2");
        assertThat(addressOf(b)).isEqualTo("172.17.0.3");
        assertThat(b.macAddress()).isEqualTo("02:42:ac:11:00:03");
        assertThat(in(a).pings(Objects.requireNonNull(b.address()))).isTrue();
        assertThat(in(a).pings(Objects.requireNonNull(a.gateway()))).isTrue();
        assertThat(in(a).fetch("172.17.0.3", 80)).isEqualTo("b 172.17.0.2");
    }

    @Test
    void containerReachesOtherHostsBehindTheHostsAddress() throws Exception {
        Peer outside = outside();
        outside.serveTcp(80, "outside");
        Attachment a = network.attach("a", null, List.of());

        assertThat(in(a).fetch(OUTSIDE_ADDRESS, 80)).isEqualTo("outside " + HOST_ADDRESS);
    }

    @Test
    void publishedPortAnswersFromEverywhere() throws Exception {
        Peer outside = outside();
        Attachment web = network.attach("web", null, List.of(tcp(8080, 80)));
        in(web).serveTcp(80, "web");
        Attachment other = network.attach("other", null, List.of());

        assertThat(Peer.fetchHere("127.0.0.1", 8080)).isEqualTo("web 172.17.0.1");
        assertThat(Peer.fetchHere(HOST_ADDRESS, 8080)).startsWith("web ");
        assertThat(Peer.fetchHere("172.17.0.1", 8080)).startsWith("web ");
        assertThat(outside.fetch(HOST_ADDRESS, 8080)).isEqualTo("web " + OUTSIDE_ADDRESS);
        assertThat(in(other).fetch(HOST_ADDRESS, 8080)).startsWith("web ");
        assertThat(in(other).fetch("172.17.0.1", 8080)).startsWith("web ");
        assertThat(in(web).fetch(HOST_ADDRESS, 8080)).as("from itself").startsWith("web ");
    }

    @Test
    void whatIsNotPublishedIsClosedToOtherHosts() throws Exception {
        Peer outside = outside();
        Attachment web = network.attach("web", null, List.of(tcp(8080, 80)));
        in(web).serveTcp(81, "private");

        assertThat(Peer.fetchHere(addressOf(web), 81)).startsWith("private");
        assertThatThrownBy(() -> outside.fetch(addressOf(web), 81, 500)).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void portOnOneAddressAnswersOnlyThere() throws Exception {
        Peer outside = outside();
        Attachment web =
                network.attach("web", null, List.of(new PortMapping(Protocol.TCP, 80, "127.0.0.1", 8080), tcp(0, 80)));
        in(web).serveTcp(80, "web");

        assertThat(Peer.fetchHere("127.0.0.1", 8080)).startsWith("web");
        assertThatThrownBy(() -> outside.fetch(HOST_ADDRESS, 8080)).isInstanceOf(ConnectException.class);
        int chosen = web.ports().get(1).hostPort();
        assertThat(chosen).isPositive();
        assertThat(outside.fetch(HOST_ADDRESS, chosen)).startsWith("web");
    }

    @Test
    void publishedDatagramPortAnswers() throws Exception {
        Attachment dns = network.attach("dns", null, List.of(new PortMapping(Protocol.UDP, 53, "", 5353)));
        in(dns).serveUdp(53, "dns");

        try (DatagramSocket client = new DatagramSocket()) {
            assertThat(Peer.askHere(client, "127.0.0.1", 5353)).isEqualTo("dns");
            assertThat(Peer.askHere(client, "172.17.0.1", 5353)).isEqualTo("dns");
        }
    }

    @Test
    void servicePortReachesAllBackendsInTurn() throws Exception {
        List<InetAddress> backends = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            Attachment attachment = network.attach(name, null, List.of());
            in(attachment).serveTcp(80, name);
            backends.add(Objects.requireNonNull(attachment.address()));
        }

        assertThat(network.publish(Set.of(new IngressPort(Protocol.TCP, 9000, 80, backends))))
                .isEmpty();
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            answers.add(Peer.fetchHere("127.0.0.1", 9000).substring(0, 1));
        }
        assertThat(answers).containsExactlyInAnyOrder("a", "a", "b", "b", "c", "c");

        network.publish(Set.of(new IngressPort(Protocol.TCP, 9000, 80, backends.subList(0, 1))));
        assertThat(Peer.fetchHere("127.0.0.1", 9000)).startsWith("a");
        assertThat(Peer.fetchHere("127.0.0.1", 9000)).startsWith("a");
    }

    @Test
    void servicePortWithoutBackendsRefusesAtOnce() throws Exception {
        Peer outside = outside();
        network.publish(Set.of(
                new IngressPort(Protocol.TCP, 9000, 80, List.of()),
                new IngressPort(Protocol.UDP, 9000, 80, List.of())));

        assertThatThrownBy(() -> Peer.fetchHere("127.0.0.1", 9000)).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> outside.fetch(HOST_ADDRESS, 9000)).isInstanceOf(ConnectException.class);
        try (DatagramSocket client = new DatagramSocket()) {
            client.connect(new InetSocketAddress("127.0.0.1", 9000));
            assertThatThrownBy(() -> Peer.askHere(client, "127.0.0.1", 9000))
                    .isInstanceOf(PortUnreachableException.class);
        }
    }

    @Test
    void datagramFlowMovesOnWhenItsBackendIsGone() throws Exception {
        Attachment a = network.attach("a", null, List.of());
        Attachment b = network.attach("b", null, List.of());
        in(a).serveUdp(53, "a");
        in(b).serveUdp(53, "b");
        InetAddress addressA = Objects.requireNonNull(a.address());
        InetAddress addressB = Objects.requireNonNull(b.address());

        network.publish(Set.of(new IngressPort(Protocol.UDP, 5300, 53, List.of(addressA))));
        try (DatagramSocket client = new DatagramSocket()) {
            assertThat(Peer.askHere(client, "127.0.0.1", 5300)).isEqualTo("a");
            network.publish(Set.of(new IngressPort(Protocol.UDP, 5300, 53, List.of(addressA, addressB))));
            assertThat(Peer.askHere(client, "127.0.0.1", 5300))
                    .as("keeps its own")
                    .isEqualTo("a");
            network.publish(Set.of(new IngressPort(Protocol.UDP, 5300, 53, List.of(addressB))));
            assertThat(Peer.askHere(client, "127.0.0.1", 5300)).isEqualTo("b");
        }
    }

    @Test
    void portOfAnotherProcessIsRefusedAndTheProcessNamed() throws Exception {
        Process holder = new ProcessBuilder(
                        "perl",
                        "-MIO::Socket::INET",
                        "-e",
                        "$s = IO::Socket::INET->new(LocalPort => 8080, Listen => 1, ReuseAddr => 1) or die $!;"
                                + "$| = 1; print qq(ready\\n); <STDIN>")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = holder.inputReader()) {
            assertThat(output.readLine()).isEqualTo("ready");

            String held = "address already in use (held by perl, pid " + holder.pid() + ")";
            assertThatThrownBy(() -> network.attach("web", null, List.of(tcp(8081, 81), tcp(8080, 80))))
                    .isInstanceOf(PortTaken.class)
                    .hasMessage("driver failed programming external connectivity on endpoint web:"
                            + " failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: " + held);
            assertThat(network.publish(Set.of(
                            new IngressPort(Protocol.TCP, 8080, 80, List.of()),
                            new IngressPort(Protocol.TCP, 8082, 80, List.of()))))
                    .singleElement()
                    .satisfies(taken -> {
                        assertThat(taken.port()).isEqualTo(8080);
                        assertThat(taken).hasMessageContaining(held);
                    });
            assertThat(network.attached()).isEmpty();
            // the one that was free has been let go
            network.attach("other", null, List.of(tcp(8081, 81)));
        } finally {
            holder.destroyForcibly().waitFor();
        }
        network.attach("web", null, List.of(tcp(8080, 80)));
    }

    @Test
    void portOfAnotherContainerIsRefusedAsDockerWordsIt() throws Exception {
        network.attach("first", null, List.of(tcp(8080, 80)));

        assertThatThrownBy(() -> network.attach("second", null, List.of(tcp(8080, 80))))
                .isInstanceOf(PortTaken.class)
                .hasMessage("driver failed programming external connectivity on endpoint second:"
                        + " Bind for 0.0.0.0:8080 failed: port is already allocated");
        network.detach("first");
        network.attach("second", null, List.of(tcp(8080, 80)));
    }

    @Test
    void restartTakesOverWithoutInterruption() throws Exception {
        Attachment web = network.attach("web", null, List.of(tcp(0, 80)));
        in(web).serveTcp(80, "web");
        int port = web.ports().getFirst().hostPort();
        network.publish(
                Set.of(new IngressPort(Protocol.TCP, 9000, 80, List.of(Objects.requireNonNull(web.address())))));
        List<Link> before = links();

        network.close();
        assertThat(Peer.fetchHere("127.0.0.1", port)).as("while no agent runs").startsWith("web");
        network = openedAgain();

        assertThat(Peer.fetchHere("127.0.0.1", port)).startsWith("web");
        assertThat(Peer.fetchHere("127.0.0.1", 9000)).startsWith("web");
        assertThat(network.attached()).containsExactly("web");
        assertThat(network.attach("web", null, List.of(tcp(0, 80)))).isEqualTo(web);
        assertThat(links()).isEqualTo(before);
        assertThat(addressOf(network.attach("next", null, List.of()))).isEqualTo("172.17.0.3");
        assertThatThrownBy(() -> network.attach("third", null, List.of(tcp(port, 80))))
                .isInstanceOf(PortTaken.class);
    }

    @Test
    void changedRulesDoNotInterruptConnectionsNorRefuseNewOnes() throws Exception {
        Attachment web = network.attach("web", null, List.of());
        in(web).serveTcp(80, "web");
        InetAddress backend = Objects.requireNonNull(web.address());

        for (int i = 0; i < 20; i++) {
            Set<IngressPort> ports = new HashSet<>();
            ports.add(new IngressPort(Protocol.TCP, 9000, 80, List.of(backend)));
            ports.add(new IngressPort(Protocol.TCP, 9001 + i, 80, List.of(backend)));
            network.publish(ports);
            assertThat(Peer.fetchHere("127.0.0.1", 9000)).startsWith("web");
        }
    }

    @Test
    void auditRepairsWhatSomebodyRemoved() throws Exception {
        Attachment web = network.attach("web", null, List.of(tcp(8080, 80)));
        in(web).serveTcp(80, "web");
        assertThat(network.audit()).isEmpty();

        try (Rtnetlink host = Rtnetlink.open();
                Nftables nftables = Nftables.open()) {
            host.deleteLinks(List.of(host.link(instance.bridge()).orElseThrow()));
            nftables.apply("flush table ip " + instance.nftablesTable());
        }
        assertThat(network.audit())
                .anyMatch(what -> what.contains("bridge"))
                .anyMatch(what -> what.contains("web"))
                .anyMatch(what -> what.contains("nftables"));
        assertThat(Peer.fetchHere("127.0.0.1", 8080)).startsWith("web");
        assertThat(network.audit()).isEmpty();
    }

    @Test
    void detachedContainerLeavesNothingAndMayBeDetachedAgain() throws Exception {
        List<Link> before = links();
        Attachment web = network.attach("web", null, List.of(tcp(8080, 80)));
        network.detach("web");
        network.detach("web");
        network.audit();

        assertThat(links()).isEqualTo(before);
        assertThat(web.namespace()).doesNotExist();
        assertThatThrownBy(() -> Peer.fetchHere("127.0.0.1", 8080)).isInstanceOf(ConnectException.class);
        assertThat(addressOf(network.attach("next", null, List.of())))
                .as("not reused at once")
                .isEqualTo("172.17.0.3");
    }

    @Test
    void serviceSkipsADetachedBackendAtOnce() throws Exception {
        Attachment a = network.attach("a", null, List.of());
        Attachment b = network.attach("b", null, List.of());
        in(b).serveTcp(80, "b");
        network.publish(Set.of(new IngressPort(
                Protocol.TCP,
                9000,
                80,
                List.of(Objects.requireNonNull(a.address()), Objects.requireNonNull(b.address())))));

        network.detach("a");

        assertThat(Peer.fetchHere("127.0.0.1", 9000)).startsWith("b");
        assertThat(Peer.fetchHere("127.0.0.1", 9000)).startsWith("b");
    }

    @Test
    void attachmentThatACrashLeftHalfMadeIsCompleted() throws Exception {
        Attachment web = network.attach("web", null, List.of(tcp(8080, 80)));
        network.close();
        NetworkNamespace.delete(web.namespace());
        BridgeLinks.removeAll(instance);
        network = openedAgain();

        assertThat(network.attach("web", null, List.of(tcp(8080, 80)))).isEqualTo(web);
        in(web).serveTcp(80, "web");
        assertThat(Peer.fetchHere("127.0.0.1", 8080)).startsWith("web");
    }

    @Test
    void unusableHostAddressIsNotCalledTaken() {
        assertThatThrownBy(() ->
                        network.attach("web", null, List.of(new PortMapping(Protocol.TCP, 80, "203.0.113.9", 8080))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("203.0.113.9:8080:172.17.0.2:80/tcp: cannot assign requested address");
        assertThatThrownBy(() -> network.attach("web", null, List.of(new PortMapping(Protocol.TCP, 80, "::1", 8080))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("IPv6");
        assertThat(network.attached()).isEmpty();
    }

    @Test
    void isolatedContainerHasOnlyLoopback() throws Exception {
        Attachment alone = network.isolate("alone");

        assertThat(alone.address()).isNull();
        try (Rtnetlink inside = NetworkNamespace.enter(alone.namespace(), Rtnetlink::open)) {
            assertThat(inside.links())
                    .filteredOn(Link::up)
                    .extracting(Link::name)
                    .containsExactly("lo");
        }
        assertThat(network.isolate("alone")).isEqualTo(alone);
    }

    @Test
    void secondInstanceOnTheHostTakesAnotherSubnet() throws Exception {
        Instance second = new Instance("nettest2", folder.resolve("data2"), folder.resolve("run2"));
        try (BridgeNetwork other = new BridgeNetwork(second, BridgeConfig.defaults())) {
            other.open();
            assertThat(addressOf(other.attach("a", null, List.of()))).isEqualTo("172.18.0.2");
            assertThat(addressOf(network.attach("a", null, List.of()))).isEqualTo("172.17.0.2");
        } finally {
            BridgeNetwork.removeAll(second);
        }
        assertThat(network.audit()).as("the first is untouched").isEmpty();
    }

    @Test
    void everythingIsRemovedByNameAloneAfterACrash() throws Exception {
        network.attach("web", null, List.of(tcp(8080, 80)));
        network.isolate("alone");
        network.close();

        BridgeNetwork.removeAll(instance);

        assertThat(links()).extracting(Link::name).containsExactly("lo");
        try (Nftables nftables = Nftables.open()) {
            assertThat(nftables.list("ip", instance.nftablesTable())).isEmpty();
        }
        assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
                .doesNotContain(instance.runDir().toString());
        assertThat(instance.runDir()).isEmptyDirectory();
        network = openedAgain();
        try (Rtnetlink host = Rtnetlink.open()) {
            assertThat(host.addresses()).extracting(LinkAddress::address).contains(InetAddress.ofLiteral("172.17.0.1"));
        }
    }

    private static List<Link> links() throws IOException {
        try (Rtnetlink host = Rtnetlink.open()) {
            return host.links();
        }
    }
}
