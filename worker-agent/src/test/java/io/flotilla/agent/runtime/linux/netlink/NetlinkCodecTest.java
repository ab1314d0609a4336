package io.flotilla.agent.runtime.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.runtime.linux.netlink.NetlinkMessage.Attributes;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NetlinkCodecTest {

    @Test
    void requestIsReadBackAsItWasWritten() throws Exception {
        byte[] bytes = new NetlinkRequest("RTM_NEWLINK", "x", 16, NetlinkRequest.NLM_F_CREATE)
                .u32(7)
                .attribute(3, "eth0")
                .nest(18)
                .attribute(1, "veth")
                .nest(2)
                .attribute(4, 1500)
                .end()
                .end()
                .attribute(10, 3)
                .encode(42, NetlinkRequest.NLM_F_ACK);

        assertThat(bytes.length % 4).isZero();
        NetlinkMessage message = NetlinkMessage.decode(bytes, bytes.length).getFirst();
        assertThat(message.type()).isEqualTo(16);
        assertThat(message.flags()).isEqualTo(0x405);
        assertThat(message.sequence()).isEqualTo(42);
        Attributes attributes = message.attributes(4);
        assertThat(attributes.text(3)).contains("eth0");
        assertThat(attributes.u32(10)).contains(3);
        assertThat(attributes.nested(18).text(1)).contains("veth");
        assertThat(attributes.nested(18).nested(2).u32(4)).contains(1500);
    }

    @Test
    void requestWithAnOpenAttributeIsABug() {
        NetlinkRequest open = new NetlinkRequest("RTM_NEWLINK", "x", 16, 0).nest(18);

        assertThatThrownBy(() -> open.encode(1, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void severalMessagesOfOneDatagramAreToldApart() throws Exception {
        byte[] one = new NetlinkRequest("A", "", 20, 0).u32(1).encode(1, 0);
        byte[] two = new NetlinkRequest("B", "", 21, 0).u32(2).encode(2, 0);
        byte[] both = Arrays.copyOf(one, one.length + two.length);
        System.arraycopy(two, 0, both, one.length, two.length);

        assertThat(NetlinkMessage.decode(both, both.length))
                .extracting(NetlinkMessage::type)
                .containsExactly(20, 21);
    }

    @Test
    void lengthsBeyondTheDatagramAreRefused() {
        byte[] message = new NetlinkRequest("A", "", 20, 0).u32(1).encode(1, 0);
        ByteBuffer.wrap(message).order(ByteOrder.nativeOrder()).putInt(0, message.length + 4);

        assertThatThrownBy(() -> NetlinkMessage.decode(message, message.length)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> Attributes.decode(new byte[] {9, 0, 1, 0, 0, 0, 0, 0}))
                .isInstanceOf(ProtocolException.class);
    }

    /** Whatever the bytes: a result or a protocol error, and no end of the program. */
    @Property(tries = 500)
    void anyBytesAreReadOrRefused(@ForAll @Size(max = 200) byte[] bytes) {
        try {
            List<NetlinkMessage> messages = NetlinkMessage.decode(bytes, bytes.length);
            for (NetlinkMessage message : messages) {
                assertThat(message.payload().length).isLessThanOrEqualTo(bytes.length);
            }
            assertThat(Attributes.decode(bytes).values().values())
                    .allSatisfy(value -> assertThat(value.length).isLessThanOrEqualTo(bytes.length));
        } catch (ProtocolException e) {
            assertThat(e).hasMessageContaining("netlink");
        }
    }
}
