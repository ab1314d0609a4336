package io.flotilla.agent.network.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ProtocolException;
import org.junit.jupiter.api.Test;

/** Lines as a little-endian kernel prints them. */
class SocketTableTest {
    private static final String LISTENING =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1581 1 0 100 0 0 10 0";
    private static final String CONNECTED =
            "   1: 0100007F:1F90 0100007F:DFDE 01 00000000:00000000 03:00000EC2 00000000     0        0 77 3 0";
    private static final String EVERYWHERE_6 = "   0: 00000000000000000000000000000000:1F90"
            + " 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1 0";

    @Test
    void addressPortAndInodeAreRead() throws Exception {
        SocketTable.Entry entry = SocketTable.parse(LISTENING);

        assertThat(entry.address()).isEqualTo(InetAddress.ofLiteral("127.0.0.1"));
        assertThat(entry.port()).isEqualTo(8080);
        assertThat(entry.inode()).isEqualTo(1581);
    }

    @Test
    void onlyAListeningSocketOnAnOverlappingAddressHoldsATcpPort() throws Exception {
        InetAddress any = InetAddress.ofLiteral("0.0.0.0");
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        InetAddress other = InetAddress.ofLiteral("192.0.2.1");

        assertThat(SocketTable.parse(LISTENING).holds(true, any, 8080)).isTrue();
        assertThat(SocketTable.parse(LISTENING).holds(true, loopback, 8080)).isTrue();
        assertThat(SocketTable.parse(LISTENING).holds(true, other, 8080)).isFalse();
        assertThat(SocketTable.parse(LISTENING).holds(true, any, 8081)).isFalse();
        assertThat(SocketTable.parse(CONNECTED).holds(true, any, 8080)).isFalse();
        assertThat(SocketTable.parse(EVERYWHERE_6).holds(true, other, 8080)).isTrue();
    }

    @Test
    void lineThatIsNoSocketIsRefused() {
        for (String line :
                new String[] {"", "0: x", LISTENING.replace("7F:1F90", "7F"), LISTENING.replace("0100007F", "01")}) {
            assertThatThrownBy(() -> SocketTable.parse(line)).isInstanceOf(ProtocolException.class);
        }
    }
}
