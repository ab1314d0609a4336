package io.flotilla.agent.runtime.linux.netlink;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A message the kernel sent, its payload without the nlmsghdr.
 *
 * @param type nlmsg_type
 * @param flags nlmsg_flags
 */
record NetlinkMessage(int type, int flags, int sequence, byte[] payload) {
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;
    static final int NLMSG_OVERRUN = 4;
    static final int NLM_F_DUMP_INTR = 0x10;
    private static final int NLM_F_ACK_TLVS = 0x200;
    private static final int NLMSGERR_ATTR_MSG = 1;
    private static final int TYPE_MASK = 0x3fff;

    /** The messages of one datagram. */
    static List<NetlinkMessage> decode(byte[] datagram, int length) throws ProtocolException {
        ByteBuffer buffer = ByteBuffer.wrap(datagram, 0, length).order(ByteOrder.nativeOrder());
        List<NetlinkMessage> messages = new ArrayList<>();
        int at = 0;
        while (length - at >= NetlinkRequest.HEADER_BYTES) {
            int size = buffer.getInt(at);
            if (size < NetlinkRequest.HEADER_BYTES || size > length - at) {
                throw new ProtocolException("netlink message of " + size + " bytes at " + at + " of " + length);
            }
            messages.add(new NetlinkMessage(
                    buffer.getShort(at + 4) & 0xffff,
                    buffer.getShort(at + 6) & 0xffff,
                    buffer.getInt(at + 8),
                    Arrays.copyOfRange(datagram, at + NetlinkRequest.HEADER_BYTES, at + size)));
            at += align(size);
        }
        return messages;
    }

    /** The negative errno of an NLMSG_ERROR or NLMSG_DONE, 0 for an acknowledgement. */
    int error() throws ProtocolException {
        return payload.length < 4 ? 0 : buffer(4).getInt(0);
    }

    /** What the kernel says about the error beside its number (NETLINK_EXT_ACK). */
    Optional<String> explanation() throws ProtocolException {
        // with NETLINK_CAP_ACK an error repeats only the request's header: errno, nlmsghdr, then attributes
        int start = 4 + NetlinkRequest.HEADER_BYTES;
        if (type != NLMSG_ERROR || (flags & NLM_F_ACK_TLVS) == 0 || payload.length < start) {
            return Optional.empty();
        }
        return attributes(start).text(NLMSGERR_ATTR_MSG);
    }

    /** The payload, at least as long as the caller is going to read. */
    ByteBuffer buffer(int atLeastBytes) throws ProtocolException {
        if (payload.length < atLeastBytes) {
            throw new ProtocolException("netlink message type " + type + " of only " + payload.length + " bytes");
        }
        return ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder());
    }

    /** The attributes behind a fixed header of so many bytes. */
    Attributes attributes(int fixedBytes) throws ProtocolException {
        return Attributes.decode(Arrays.copyOfRange(payload, Math.min(fixedBytes, payload.length), payload.length));
    }

    private static int align(int size) {
        return (size + 3) & ~3;
    }

    /** Attributes by type; of one that is there twice, the last. */
    record Attributes(Map<Integer, byte[]> values) {

        static Attributes decode(byte[] bytes) throws ProtocolException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            Map<Integer, byte[]> values = new HashMap<>();
            int at = 0;
            while (bytes.length - at >= 4) {
                int size = buffer.getShort(at) & 0xffff;
                if (size < 4 || size > bytes.length - at) {
                    throw new ProtocolException("netlink attribute of " + size + " bytes at " + at);
                }
                values.put(buffer.getShort(at + 2) & TYPE_MASK, Arrays.copyOfRange(bytes, at + 4, at + size));
                at += align(size);
            }
            return new Attributes(values);
        }

        Optional<byte[]> bytes(int type) {
            return Optional.ofNullable(values.get(type));
        }

        /** Empty also where the kernel sent fewer than four bytes. */
        Optional<Integer> u32(int type) {
            return bytes(type).filter(value -> value.length >= 4).map(value -> ByteBuffer.wrap(value)
                    .order(ByteOrder.nativeOrder())
                    .getInt());
        }

        Optional<String> text(int type) {
            return bytes(type).map(Attributes::untilNul);
        }

        Attributes nested(int type) throws ProtocolException {
            return decode(bytes(type).orElse(new byte[0]));
        }

        private static String untilNul(byte[] value) {
            int length = 0;
            while (length < value.length && value[length] != 0) {
                length++;
            }
            return new String(value, 0, length, StandardCharsets.UTF_8);
        }
    }
}
