package io.flotilla.agent.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.network.ContainerFiles.Dns;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContainerFilesTest {
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("172.17.0.2");
    private static final InetAddress GATEWAY = InetAddress.ofLiteral("172.17.0.1");

    @Test
    void containerAsksTheHostsServersWithItsSearchDomainsAndOptions() {
        String host = """
                # a comment
                search old.example
                nameserver 192.0.2.53
                nameserver 2001:db8::53
                search corp.example  lab.example
                options ndots:2 rotate
                """;

        assertThat(ContainerFiles.resolvConf(host, "", Dns.OF_HOST)).isEqualTo("""
                nameserver 192.0.2.53
                search corp.example lab.example
                options ndots:2 rotate
                """);
    }

    @Test
    void stubOnTheHostsLoopbackIsReplacedByItsUplink() {
        assertThat(ContainerFiles.resolvConf(
                        "nameserver 127.0.0.53\nsearch lan\n", "nameserver 192.0.2.1\n", Dns.OF_HOST))
                .isEqualTo("nameserver 192.0.2.1\nsearch lan\n");
    }

    @Test
    void publicServersAreTheLastResort() {
        String expected = "nameserver 8.8.8.8\nnameserver 8.8.4.4\n";

        assertThat(ContainerFiles.resolvConf("nameserver 127.0.0.1\nnameserver ::1\n", "", Dns.OF_HOST))
                .isEqualTo(expected);
        assertThat(ContainerFiles.resolvConf("", "", Dns.OF_HOST)).isEqualTo(expected);
        assertThat(ContainerFiles.resolvConf("nameserver\nnameserver nonsense.example\n", "", Dns.OF_HOST))
                .isEqualTo(expected);
    }

    @Test
    void containersOwnDnsSettingsReplaceTheHosts() {
        assertThat(ContainerFiles.resolvConf(
                        "nameserver 192.0.2.53\nsearch lan\noptions rotate\n",
                        "",
                        new Dns(List.of("2001:db8::1"), List.of("."), List.of("ndots:1"))))
                .isEqualTo("nameserver 2001:db8::1\noptions ndots:1\n");
    }

    @Test
    void hostsFileNamesTheContainerAndItsExtraHosts() {
        assertThat(ContainerFiles.hosts(
                        "web",
                        "example.com",
                        ADDRESS,
                        GATEWAY,
                        List.of("db:192.0.2.7", "up=host-gateway", "six:2001:db8::6", "bracketed:[::1]")))
                .startsWith("127.0.0.1\tlocalhost\n")
                .endsWith("""
                        192.0.2.7\tdb
                        172.17.0.1\tup
                        2001:db8::6\tsix
                        ::1\tbracketed
                        172.17.0.2\tweb.example.com web
                        """);
        assertThat(ContainerFiles.hosts("web", "", null, null, List.of())).doesNotContain("web");
        assertThat(ContainerFiles.hostname("web")).isEqualTo("web\n");
    }

    @Test
    void malformedExtraHostIsRefused() {
        for (String extra : List.of("db", ":192.0.2.7", "db:192.0.2.999", "db:other.example")) {
            assertThatThrownBy(() -> ContainerFiles.hosts("web", "", ADDRESS, GATEWAY, List.of(extra)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("add-host");
        }
        assertThatThrownBy(() -> ContainerFiles.hosts("web", "", null, null, List.of("up:host-gateway")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
